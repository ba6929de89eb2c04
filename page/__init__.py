"""How the page looks: Answers, documents and figures as escaped HTML, with the style and script they need. Knows nothing of Gradio."""
