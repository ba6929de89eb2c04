import click
from pathlib import Path
from index.check import check_corpus

@click.group()
def main(): ...

@main.command()
@click.option("--corpus", default="corpus")
def check(corpus):
    faults = check_corpus(Path(corpus))
    for f in faults: click.echo(str(f))
    click.echo(f"{len(faults)} faults")
    raise SystemExit(bool(faults))

main()
