/// What `network.json` looks like, as a JSON schema (draft 2020-12).
enum BundleSchema {
    static let text = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "A spiking network, but for its arrays",
          "type": "object",
          "required": ["format", "version", "method", "citation", "caveats", "settings", "coding", "timing", "inputs", "outputs", "nodes", "sites", "layers"],
          "properties": {
            "format": {"const": "volley-bundle"},
            "version": {"const": 1},
            "method": {"type": "string"},
            "citation": {"type": "string"},
            "caveats": {"type": "array", "items": {"type": "string"}},
            "settings": {"type": "object", "additionalProperties": {"type": "string"}},
            "coding": {"enum": ["rate", "differential"], "description": "rate: an estimate is S(t)/tau(t). differential: it grows by what is sent divided by t."},
            "timing": {
              "type": "object",
              "description": "tau(t) = t, but t - probe behind a first run of so many steps, and never more than feeding.",
              "required": ["probe"],
              "properties": {"probe": {"type": "integer", "minimum": 0}, "feeding": {"type": "integer", "minimum": 1}}
            },
            "inputs": {"type": "array", "items": {"$ref": "#/$defs/value"}},
            "outputs": {"type": "array", "items": {"$ref": "#/$defs/value"}},
            "nodes": {
              "type": "array",
              "description": "In order of computation: a node reads earlier ones only. A constant's array stands under its name in weights.safetensors.",
              "items": {
                "type": "object",
                "required": ["name", "role", "inputs", "readers", "shape", "changesOverTime", "multiplyAccumulates"],
                "properties": {
                  "name": {"type": "string"},
                  "role": {"enum": ["input", "constant", "operation"]},
                  "operation": {"type": "object", "required": ["op"], "properties": {"op": {"type": "string"}}},
                  "inputs": {"type": "array", "items": {"type": "string"}},
                  "readers": {"type": "array", "items": {"type": "string"}},
                  "shape": {"$ref": "#/$defs/shape"},
                  "changesOverTime": {"type": "boolean"},
                  "multiplyAccumulates": {"type": "integer", "minimum": 0, "description": "Of the trained network, for one sample."}
                }
              }
            },
            "sites": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["name", "reads", "readers", "neurons", "codes"],
                "properties": {
                  "name": {"type": "string"},
                  "reads": {"type": "string"},
                  "divisors": {"type": "string", "description": "The constant that divides what arrives."},
                  "readers": {"type": "array", "items": {"type": "string"}},
                  "neurons": {"type": "object", "description": "Their settings. What is sent stands under codes, and for ladders under positive and negative.", "required": ["family"], "properties": {"family": {"type": "string"}}},
                  "initialPotential": {"type": "number", "description": "Of ladders, in activation units."},
                  "codes": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": ["code", "value", "spikes"],
                      "properties": {"code": {"type": "integer"}, "value": {"type": "number"}, "spikes": {"type": "integer"}}
                    }
                  },
                  "positive": {"$ref": "#/$defs/side"},
                  "negative": {"$ref": "#/$defs/side"}
                }
              }
            },
            "layers": {
              "type": "array",
              "description": "Layers whose weights are constants, in order of computation.",
              "items": {
                "type": "object",
                "required": ["name", "weight"],
                "properties": {
                  "name": {"type": "string"},
                  "weight": {"type": "string"},
                  "scales": {"type": "string", "description": "W[o] = numbers[o] * scales[o]; missing for 32-bit floats."},
                  "bias": {"type": "string"},
                  "site": {"type": "string", "description": "The neurons whose spikes it reads; missing where values arrive."},
                  "copies": {
                    "type": "array",
                    "description": "By code: it adds copies[copy] of the layer, times 2^shift and its sign.",
                    "items": {
                      "type": "object",
                      "required": ["code", "copy", "shift", "isNegative", "factor"],
                      "properties": {
                        "code": {"type": "integer"},
                        "copy": {"type": "integer", "minimum": 0},
                        "shift": {"type": "integer"},
                        "isNegative": {"type": "boolean"},
                        "factor": {"type": "number", "description": "What the copy's weights were multiplied with."}
                      }
                    }
                  }
                }
              }
            },
            "preprocessing": {"type": "object"},
            "classNames": {"type": "array", "items": {"type": "string"}}
          },
          "$defs": {
            "shape": {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]*N$"}]}},
            "value": {
              "type": "object",
              "required": ["name", "node", "shape"],
              "properties": {"name": {"type": "string"}, "node": {"type": "string"}, "shape": {"$ref": "#/$defs/shape"}}
            },
            "side": {
              "type": "object",
              "required": ["thresholds", "cutoffs"],
              "properties": {
                "thresholds": {"type": "array", "items": {"type": "number"}},
                "cutoffs": {"type": "array", "items": {"type": "number"}}
              }
            }
          }
        }

        """
}
