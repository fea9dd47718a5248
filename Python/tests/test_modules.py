"""Modules of PyTorch, as they are written and as timm and transformers make them.

They run where PyTorch, onnx, onnxscript, timm and transformers are installed: pip install torch onnx onnxscript timm transformers
"""

import numpy as np
import pytest

import volley
from conftest import DIGITS, nothing_left

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::volley.VolleyWarning")]
CLOSE = 1e-5
"""Of the range of a module's outputs."""


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    return torch


@pytest.fixture
def cnn(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))


def close(found, expected):
    expected = expected.detach().numpy()
    return found.shape == expected.shape and np.abs(found - expected).max() <= CLOSE * (expected.max() - expected.min())


@pytest.mark.parametrize("exporter", ["torchscript", "dynamo", None])
def test_a_module(torch, cnn, exporter):
    x = torch.randn(30, 1, 8, 8)
    cnn.train()
    cnn[4].eval()
    net = volley.convert(cnn, x, method="differential", progress=False, module_options={"exporter": exporter})
    # It is left as it was, part by part.
    assert cnn.training and cnn[1].training and not cnn[4].training
    # Of any number of samples, as it is in evaluation.
    with torch.no_grad():
        for count in (1, 7, 30):
            run = net.run(x[:count], steps=2, progress=False)
            assert close(run.ann["logits"], cnn.eval()(x[:count]))
    assert run.estimates["logits"][2].shape == (30, 10)


def test_loaders_are_data(torch, cnn):
    x, y = torch.randn(40, 1, 8, 8), torch.randint(0, 10, (40,))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=7)
    net = volley.convert(cnn, loader, method="differential", limit=20, progress=False)
    assert "calibrated on 20 samples" in str(net)
    found = net.evaluate(loader, steps=2, allow_overlap=True, progress=False)
    answers = cnn.eval()(x).argmax(1)
    assert found.ann["top1"] == pytest.approx((answers == y).double().mean().item()) and found.samples == 40
    comparison = volley.compare(cnn, x, (x + 0.1, y), methods=["ecmt", "differential"], steps=[1], progress=False)
    assert list(comparison.entries) == ["ecmt", "differential"]
    assert volley.tune(cnn, x, max_loss=0.5, methods=["differential"], steps=[2], refine=0, progress=False).chosen.loss <= 0.5


def test_half_and_gradients_do_not_matter(torch, cnn):
    x = torch.randn(8, 1, 8, 8, requires_grad=True)
    net = volley.convert(cnn, x.detach().to(torch.bfloat16).float().requires_grad_(), method="differential", progress=False)
    assert net.run(x.to(torch.bfloat16), steps=1, progress=False).ann["logits"].shape == (8, 10)


def test_several_inputs_and_outputs(torch, tmp_path):
    nn = torch.nn

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c, self.d = nn.Linear(6, 16), nn.Linear(5, 16), nn.Linear(16, 16), nn.Linear(16, 3)

        def forward(self, left, right, scale: float = 1.0):
            hidden = torch.relu(self.c(torch.relu(self.a(left) + self.b(right))))
            return self.d(hidden) * scale, hidden

    module = Two()
    data = {"right": torch.randn(12, 5), "left": torch.randn(12, 6)}
    net = volley.convert(module, data, method="differential", progress=False, module_options={"outputs": ["answer", "hidden"]})
    run = net.run(data, steps=2, progress=False)
    expected = module(data["left"], data["right"])
    assert close(run.ann["answer"], expected[0]) and close(run.ann["hidden"], expected[1])
    with pytest.raises(volley.InputError, match="takes no middle; its arguments are left, right, scale"):
        volley.convert(module, {**data, "middle": torch.randn(12, 5)}, progress=False)
    with pytest.raises(volley.InputError, match="returns 2 arrays, and 1 names"):
        volley.convert(module, data, progress=False, module_options={"outputs": ["answer"]})


def test_an_export_that_departs_is_refused(torch, tmp_path):
    class Fickle(torch.nn.Module):
        """What it computes depends on its data in a way that is traced away."""

        def __init__(self):
            super().__init__()
            self.layer, self.head = torch.nn.Linear(4, 8), torch.nn.Linear(8, 3)

        def forward(self, x):
            hidden = torch.relu(self.layer(x))
            return self.head(hidden) * (2.0 if float(x.detach().sum()) > 0 else -1.0)

    x = torch.ones(8, 4)
    x[1:7] = -5
    with pytest.raises(volley.VolleyError, match="cannot be exported so that it computes the same(.|\n)*off by"):
        volley.convert(Fickle(), x, progress=False)


def test_what_is_no_module_or_does_not_fit(torch, cnn, tmp_path, monkeypatch):
    with nothing_left(tmp_path / "temporary", monkeypatch):
        for model, data, words in [
                (5, np.zeros((2, 1, 8, 8), np.float32), "a path or a module"), (cnn, np.zeros((2, 3, 8, 8), np.float32), "does not take samples"),
                (cnn, np.zeros((0, 1, 8, 8), np.float32), "at least one sample"), (cnn, DIGITS / "calibration.npz", "which arrays this module takes"),
                (torch.nn.Identity, np.zeros(2), "found type")]:
            with pytest.raises(volley.InputError, match=words):
                volley.convert(model, data, progress=False)


def test_files_beside_a_module(torch, cnn):
    """Data in a file calibrates a module too, once it is known what it takes."""
    net = volley.convert(
        cnn, DIGITS / "calibration.npz", limit=64, method="differential", progress=False, module_options={"example": torch.randn(2, 1, 8, 8)})
    assert net.evaluate(DIGITS / "test.npz", steps=1, progress=False).samples == 200


@pytest.mark.hub
def test_timm(torch, hub):
    timm, _ = hub
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, patch_size=8, num_classes=10, depth=2)
    x = torch.randn(20, 3, 32, 32)
    net = volley.convert(model, x, method="differential", progress=False)
    assert close(net.run(x[:5], steps=1, progress=False).ann["logits"], model.eval()(x[:5]))
    assert any("blocks.1/attn/qkv" in site for site in net.inspect().sites)
    # Images in bytes are preprocessed as the model says.
    images = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    with pytest.warns(volley.VolleyWarning, match="mean 0.5, 0.5, 0.5"):
        net = volley.convert(model, images, crop=1.0, method="differential", progress=False)
    found = net.evaluate(images[::-1], np.arange(30) % 10, steps=1, allow_overlap=True, progress=False)
    scaled = (torch.from_numpy(images[::-1].copy()).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    assert found.ann["top1"] == pytest.approx((model(scaled).argmax(1).numpy() == np.arange(30) % 10).mean())


@pytest.mark.hub
def test_transformers(torch, hub):
    _, transformers = hub
    bert = transformers.BertModel(transformers.BertConfig(
        vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)).eval()
    encoding = {"input_ids": torch.randint(0, 100, (20, 7)), "attention_mask": (torch.arange(7) < torch.randint(3, 8, (20, 1))).long()}
    net = volley.convert(bert, encoding, method="differential", progress=False, module_options={"outputs": ["last_hidden_state"]})
    assert set(net.inspect().inputs) == {"input_ids", "attention_mask"}
    assert close(net.run(encoding, steps=1, progress=False).ann["last_hidden_state"], bert(**encoding).last_hidden_state)
    found = net.evaluate(encoding, steps=2, task="embedding", allow_overlap=True, progress=False)
    assert found.figures["mean_cosine"][2] > 0.99
    image_config = transformers.ViTConfig(
        image_size=16, patch_size=4, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        id2label={0: "cat", 1: "dog", 2: "cow"}, label2id={"cat": 0, "dog": 1, "cow": 2})
    vit = transformers.ViTForImageClassification(image_config).eval()
    x = torch.randn(20, 3, 16, 16)
    net = volley.convert(vit, x, method="differential", progress=False)
    assert net.inspect().inputs == {"pixel_values": "N, 3, 16, 16"} and close(net.ann(x)["logits"], vit(x).logits)
    found = net.evaluate(x, torch.arange(20) % 3, steps=1, allow_overlap=True, progress=False)
    assert found.ann["top1"] == pytest.approx((vit(x).logits.argmax(1) == torch.arange(20) % 3).double().mean().item())


@pytest.mark.hub
def test_a_language_model(torch, hub):
    _, transformers = hub
    gpt = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=50, n_positions=16, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)).eval()
    tokens = torch.randint(0, 50, (20, 16))
    net = volley.convert(gpt, tokens, method="differential", progress=False)
    found = net.evaluate(tokens, steps=1, task="language-model", allow_overlap=True, progress=False)
    with torch.no_grad():
        expected = gpt(input_ids=tokens, labels=tokens).loss.item()
    assert found.ann["negative_log_likelihood"] == pytest.approx(expected, rel=1e-4)
