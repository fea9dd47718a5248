"""The activation functions that conversion methods train networks with, as PyTorch modules with trainable bounds.

Equations and sources stand in `VolleyGraph/Operators/TrainedActivation.swift`. Rounding passes gradients straight through: 1
inside the bounds, and for the bound λ the derivative of the clip. Each is written as users write it, so that exporters take it
apart in different ways. Makes nothing by itself.
"""

import torch
from torch import nn


def straight_through(rounded, value):
    """`rounded` forwards, the gradient of `value` backwards."""
    return (rounded - value).detach() + value


class TCL(nn.Module):
    """clip(z, 0, λ)."""

    def __init__(self, bound=4.0):
        super().__init__()
        self.bound = nn.Parameter(torch.as_tensor(bound, dtype=torch.float32))

    def forward(self, z):
        return self.bound - torch.relu(self.bound - torch.relu(z))


class RNL(nn.Module):
    """clip(z/θ, 0, 1) with θ = m·sigmoid(p): m is the running maximum of what was seen in training."""

    def __init__(self, bound=1.0, scale=10.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))
        self.register_buffer("maximum", torch.as_tensor(bound, dtype=torch.float32))
        self.momentum = 0.1
        self.tracks = True

    @property
    def threshold(self):
        return self.maximum * torch.sigmoid(self.scale) + 1e-6

    def forward(self, z):
        z = torch.relu(z)
        if self.training and self.tracks:
            self.maximum += self.momentum * (z.detach().max() - self.maximum)
        return torch.clamp(z / self.threshold, 0, 1)


class QCFS(nn.Module):
    """λ·clip(⌊z·L/λ + ½⌋/L, 0, 1)."""

    def __init__(self, bound=8.0, levels=8, shift=0.5):
        super().__init__()
        self.bound = nn.Parameter(torch.as_tensor(bound, dtype=torch.float32))
        self.levels, self.shift = levels, shift

    def forward(self, z):
        u = z / self.bound * self.levels + self.shift
        return torch.clamp(straight_through(torch.floor(u), u) / self.levels, 0, 1) * self.bound


class StReLU(nn.Module):
    """clip(z, −V, V)."""

    def __init__(self, bound=1.0):
        super().__init__()
        self.bound = float(bound)

    def forward(self, z):
        return torch.clamp(z, -self.bound, self.bound)


class SlipReLU(nn.Module):
    """c·λ·clip(z/λ + δ₁/N, 0, 1) + (1 − c)·λ·clip(⌊N·z/λ + δ₂⌋/N, 0, 1)."""

    def __init__(self, bound=8.0, levels=8, slope=0.5, ramp_shift=0.0, shift=0.5):
        super().__init__()
        self.bound = nn.Parameter(torch.as_tensor(bound, dtype=torch.float32))
        self.levels, self.slope, self.ramp_shift, self.shift = levels, slope, ramp_shift, shift

    def forward(self, z):
        u = z / self.bound
        ramp = self.bound * torch.clamp(u + self.ramp_shift / self.levels, 0, 1)
        n = u * self.levels + self.shift
        steps = self.bound * torch.clamp(straight_through(torch.floor(n), n) / self.levels, 0, 1)
        return self.slope * ramp + (1 - self.slope) * steps


class StepReLU(nn.Module):
    """θ·(⌈z/θ⌉ − 1) for 0 < z ≤ nθ, 0 below, z above."""

    def __init__(self, step=0.05, levels=20):
        super().__init__()
        self.step, self.levels = step, levels

    def forward(self, z):
        z = torch.relu(z)
        steps = torch.clamp(torch.ceil(z / self.step) - 1, min=0) * self.step
        return torch.where(z > self.step * self.levels, z, straight_through(steps, z) if self.training else steps)


class LSQ(nn.Module):
    """s·round(clip(z/s, 0, 2^b − 1)), halves to the even number."""

    def __init__(self, bound=4.0, bits=2):
        super().__init__()
        self.levels = 2 ** bits - 1
        self.step = nn.Parameter(torch.as_tensor(bound, dtype=torch.float32) / self.levels)

    def forward(self, z):
        # The gradient of the step is scaled as its authors do, forwards it stays as it is.
        step = self.step
        if self.training:
            scaled = step / (z[0].numel() * self.levels) ** 0.5
            step = (step - scaled).detach() + scaled
        u = torch.clamp(z / step, 0, self.levels)
        return straight_through(torch.round(u), u) * step if self.training else torch.round(u) * step
