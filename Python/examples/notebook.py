# %% [markdown]
# # Spiking networks of a vision transformer and a CNN
#
# Two small networks learn handwritten digits, are converted without further training, and are measured at every time-step.
#
# This notebook is made from `notebook.py`, which also runs as a script: `python notebook.py`. Needed are
# `pip install torch onnx onnxscript timm scikit-learn matplotlib pandas tqdm`, and a minute or two.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import timm
import torch
from sklearn.datasets import load_digits
from torch import nn

import volley

torch.manual_seed(0)
torch.set_num_threads(1)
print("Volley", volley.__version__)

# %% [markdown]
# ## Data and networks
#
# 1,797 images of 8×8 pixels: most of them train, others calibrate, and the last 400 measure. Nothing here is special to Volley.

# %%
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
images = torch.tensor((digits.images[order] / 16 - 0.305) / 0.376, dtype=torch.float32)[:, None]
labels = torch.tensor(digits.target[order])
train, calibration, test = slice(0, 1197), slice(1197, 1397), slice(1397, 1797)


def learn(model, epochs, rate):
    """Trains on the training images."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * 19)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(1197).split(64):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


vit = learn(timm.models.VisionTransformer(
    img_size=8, patch_size=2, in_chans=1, num_classes=10, embed_dim=64, depth=4, num_heads=4, mlp_ratio=2, drop_path_rate=0.1), 40, 2e-3)
cnn = learn(nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
    nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10)), 20, 5e-3)
with torch.no_grad():
    for name, model in [("ViT", vit), ("CNN", cnn)]:
        print(name, "is right on", (model(images[test]).argmax(1) == labels[test]).double().mean().item(), "of the test images")

# %% [markdown]
# ## Conversion
#
# Calibration needs a few hundred images, and no labels. Modules are exported behind the scenes, and the export is held against the module.

# %%
net = volley.convert(vit, images[calibration], method="differential", steps_per_octave=4)
print(net)

# %% [markdown]
# ## Evaluation
#
# One run answers at every time-step t. `res.top1[1]` is the accuracy at t = 1, as in papers; `res.top1.values` is the plain array.

# %%
res = net.evaluate(images[test], labels[test], steps=8)
print(res)
print(f"At t = 1, {res.top1[1]:.4f} for {res.energy.exact[1]:.3f} of the ANN's energy; the ANN itself: {res.ann['top1']:.4f}")

# %%
res.to_pandas().round(4)

# %% [markdown]
# ## Methods side by side
#
# ECMT sends rates and needs time; differential coding corrects its estimates; `few-step` keeps to an energy.

# %%
settings = {
    "ecmt": {"method": "ecmt"}, "differential": {"method": "differential"}, "few-step, T = 2": {"method": "few-step", "steps": 2},
    "differential, 4 per octave": {"method": "differential", "steps_per_octave": 4}}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
for ax, (name, model) in zip(axes, [("ViT", vit), ("CNN", cnn)]):
    for label, options in settings.items():
        with warnings.catch_warnings():
            # ECMT is made for Transformers, and says on the CNN how far it is from following.
            warnings.simplefilter("ignore", volley.VolleyWarning)
            converted = volley.convert(model, images[calibration], **options, progress=False)
        steps = options.get("steps", 8)
        measured = converted.evaluate(images[test], labels[test], steps=steps, progress=False)
        measured.plot(against="energy", ax=ax, label=label, markersize=4)
    ax.set_title(name)
axes[0].legend(loc="lower right")
figure.tight_layout()
plt.show()

# %% [markdown]
# `volley.compare` makes the same as one table, with why the methods that are missing do not fit.

# %%
comparison = volley.compare(
    cnn, images[calibration], (images[test], labels[test]), methods=["diehl-data", "ecmt", ("differential", {"steps_per_octave": 4}), "qcfs", "sta"],
    steps=[1, 4, 16], progress=False)
print(comparison)
print(comparison.unfit)

# %% [markdown]
# ## What the neurons do
#
# The firing rate of every neuron site of the transformer at each time-step: after the first corrections there is little left to send.

# %%
rates = res.to_pandas("sites").pivot(index="site", columns="t", values="firing_rate").loc[list(res.sites)]
figure, ax = plt.subplots(figsize=(7, 6))
shown = ax.imshow(rates, aspect="auto", cmap="viridis")
ax.set_xticks(range(8), range(1, 9))
ax.set_yticks(range(len(rates)), [site.strip("/").removeprefix("blocks/") for site in rates.index], fontsize=6)
ax.set_xlabel("time-step t")
figure.colorbar(shown, label="spikes per neuron")
figure.tight_layout()
plt.show()

# %% [markdown]
# Every spike is there, too: `trace=True` keeps all neuron sites, a pattern keeps some. Here are 120 neurons of one image; blue is a positive
# correction, red a negative one.

# %%
site = next(name for name in res.sites if "attn/qkv" in name)
out = net.run(images[test][:1], steps=8, trace=[site])
sent = out.spikes.sent(site).values.reshape(8, -1)[:, :120]
figure, ax = plt.subplots(figsize=(11, 2.5))
ax.imshow(sent, aspect="auto", cmap="RdBu", vmin=-abs(sent).max(), vmax=abs(sent).max(), extent=(0, 120, 8.5, 0.5))
ax.set_xlabel("neuron of " + site)
ax.set_ylabel("time-step t")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Finding out what is wrong
#
# Thresholds that are much too small clip. `verify` finds it, and what it advises can be done at once.

# %%
clipped = volley.convert(vit, images[calibration], method="differential", scale=0.3, no_check=True)
diagnosis = clipped.verify(images[test][:16], steps=4)
advice = diagnosis.advice[0]
print(f"{diagnosis.error:.3f} off at t = 4; advice: adjust({advice.adjustment}) leaves {advice.error:.3f}")
better = clipped.adjust(**advice.adjustment)
for name, each in [("before", clipped), ("after", better)]:
    print(name, "top-1 at t = 4 is", each.evaluate(images[test], labels[test], steps=4).top1[4])
