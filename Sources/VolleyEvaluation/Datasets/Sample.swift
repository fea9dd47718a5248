public import VolleyFormats
public import VolleyTensors

/// One sample of a data set, as it is stored.
public enum Sample: Hashable, Sendable {
    /// An image that still has to be preprocessed.
    case image(RasterImage)
    /// An input that is fed to the network as it is.
    case values(Tensor)
}
