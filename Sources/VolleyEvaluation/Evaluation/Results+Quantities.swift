extension Results {
    /// What a figure of the results is.
    public struct Quantity: Sendable, Hashable, Codable {
        /// Which time-steps a figure is of.
        public enum Basis: String, Sendable, Hashable, Codable {
            /// Of one time-step alone.
            case perStep = "per step"
            /// Of steps 1…t together, or of all steps up to a sample's stop.
            case cumulative
            /// The state after step t, such as an answer: neither a share nor a sum of steps.
            case afterStep = "after step t"
            /// It has nothing to do with time-steps.
            case timeless
        }

        public var unit: String
        public var basis: Basis
        /// How it is counted, in a sentence.
        public var meaning: String

        init(_ unit: String, _ basis: Basis, _ meaning: String) { (self.unit, self.basis, self.meaning) = (unit, basis, meaning) }

        /// By the path of the key, of all figures that such results hold.
        /// - Parameter byPosition: whether classes are those of positions.
        static func all(task: Evaluation.Task, byPosition: Bool, exits: Bool, ann: Bool, detail: Bool) -> [String: Quantity] {
            var all = common
            all.merge(exits ? ofExits : ofSteps) { first, _ in first }
            if detail { all.merge(ofDetail) { first, _ in first } }
            if ann { all.merge(beside) { first, _ in first } } else { all = all.filter { !$0.key.hasSuffix("agreement") } }
            if task != .classification {
                all = all.filter { !classes.contains(String($0.key.split(separator: ".").last!)) && !$0.key.hasPrefix("confusion") }
                all.merge(of(task, ann: ann)) { first, _ in first }
            } else if byPosition {
                all = all.filter { !$0.key.hasSuffix("Interval") }.mapValues { $0.byPosition }
            }
            if task != .classification || byPosition {
                all["reading.counted"] = Quantity(
                    "samples, positions or tokens", .timeless, "What the task's figures are means over, without what is masked or ignored.")
            }
            return all
        }

        /// Figures that only classifications have.
        private static let classes: Set<String> = ["top1", "top1Interval", "top5", "agreement", "annTop1Interval"]

        private static func of(_ task: Evaluation.Task, ann: Bool) -> [String: Quantity] {
            var all: [String: Quantity] = [:]
            for figure in task.figures where ann || figure.isOfANN {
                all["steps.figures." + figure.key] = Quantity(figure.unit, .afterStep, "After t steps: " + figure.meaning)
                if ann, figure.isOfANN { all["annFigures." + figure.key] = Quantity(figure.unit, .timeless, figure.meaning) }
            }
            return all
        }

        /// The same of positions instead of samples.
        private var byPosition: Quantity {
            var quantity = self
            if unit == Self.accuracy { quantity.unit = "fraction of positions" }
            if unit == "samples", basis != .timeless || meaning.hasPrefix("Samples of") {
                (quantity.unit, quantity.meaning) = ("positions", meaning.replacing("Samples", with: "Positions"))
            }
            return quantity
        }

        private static let accuracy = "fraction of samples"

        private static let common: [String: Quantity] = [
            "samples": .init("samples", .timeless, "How many samples were measured."),
            "dense.multiplyAccumulates": .init(
                "operations per sample", .timeless, "Multiply-accumulates of the ANN's linear layers, convolutions and products."),
            "dense.paperMultiplyAccumulates": .init(
                "operations per sample", .timeless, "Those of them whose inputs change over time in the spiking network."),
            "dense.nonlinearElements": .init("elements per sample", .timeless, "What the ANN's nonlinear operators compute."),
            "dense.neurons": .init("neurons per sample", .timeless, "Neurons of the spiking network."),
            "sites.neurons": .init("neurons per sample", .timeless, "Neurons that stand at the site."),
            "sites.spikesPerLevel": .init("spikes, summed over samples", .perStep, "How often each code was sent, in every step alone."),
            "sites.firingRates": .init("spikes per neuron", .perStep, "Spikes of the site in every step alone; a burst of k counts k."),
            "floatingPoint.elements": .init(
                "elements per sample", .perStep, "What operators outside spikes compute in one step, in floating point."),
            "confusion.spiking.samples": .init(
                "samples", .afterStep, "Samples of a class that were given an answer, after the last step or at the stop of the largest margin."),
        ]

        private static let ofSteps: [String: Quantity] = [
            "steps.top1": .init(accuracy, .afterStep, "The label is the spiking network's largest estimate after t steps."),
            "steps.top1Interval": .init(accuracy, .afterStep, "Wilson's score interval of top1, 95 %."),
            "steps.top5": .init(accuracy, .afterStep, "The label is among the five largest estimates after t steps."),
            "steps.agreement": .init(accuracy, .afterStep, "The spiking network answers as the ANN does after t steps."),
            "steps.firingRate": .init("spikes per neuron and step", .cumulative, "The mean over steps 1…t and all neurons."),
            "steps.synapticOperations": .init("accumulates per sample", .cumulative, "One for each spike and synapse it reaches, in steps 1…t."),
            "steps.energy": .init("multiple of the ANN's energy", .cumulative, "Counted operations of steps 1…t times their prices, over the ANN's."),
            "steps.counts": .init("operations, summed over samples", .perStep, "What was counted in this step alone."),
        ]

        private static let ofExits: [String: Quantity] = [
            "exits.meanSteps": .init("time-steps", .cumulative, "Steps up to a sample's stop, the mean over samples."),
            "exits.stops": .init(accuracy, .perStep, "Samples that stop at this step."),
            "exits.reached": .init(accuracy, .cumulative, "Samples that reach the margin at any step."),
            "exits.top1": .init(accuracy, .afterStep, "The label is the largest estimate where the sample stops."),
            "exits.top1Interval": .init(accuracy, .afterStep, "Wilson's score interval of top1, 95 %."),
            "exits.top5": .init(accuracy, .afterStep, "The label is among the five largest estimates where the sample stops."),
            "exits.agreement": .init(accuracy, .afterStep, "The spiking network answers as the ANN does where the sample stops."),
            "exits.firingRate": .init("spikes per neuron and step", .cumulative, "The mean over the steps that were run and all neurons."),
            "exits.synapticOperations": .init("accumulates per sample", .cumulative, "One for each spike and synapse it reaches, up to the stop."),
            "exits.energy": .init(
                "multiple of the ANN's energy", .cumulative, "Counted operations up to the stop times their prices, over the ANN's."),
            "exits.counts": .init("operations, summed over samples", .cumulative, "What was counted up to the stops."),
            "exits.millisecondsPerSample": .init("ms per sample", .cumulative, "Wall time of one thread from a sample's input to its answer."),
        ]

        /// What is relative to the ANN's answers.
        private static let beside: [String: Quantity] = [
            "ann.top1": .init(accuracy, .timeless, "The label is the ANN's largest output."),
            "annTop1Interval": .init(accuracy, .timeless, "Wilson's score interval of top1, 95 %."),
            "ann.top5": .init(accuracy, .timeless, "The label is among the five largest outputs."),
            "confusion.ann.samples": .init("samples", .timeless, "Samples of a class that were given an answer by the ANN."),
        ]

        private static let ofDetail: [String: Quantity] = [
            "detail.samples": .init("samples", .timeless, "How many samples the figures of detail rest on, the first that were measured."),
            "detail.outputErrors": .init("fraction", .afterStep, "‖estimate − ANN‖ / ‖ANN‖ of the output that is read after t steps."),
            "detail.sites.errors": .init("fraction", .afterStep, "‖estimate − ANN‖ / ‖ANN‖ of what the site has sent after t steps."),
            "detail.sites.arrivingErrors": .init("fraction", .afterStep, "The same of what arrives at the site."),
            "detail.raster.trains.codes": .init("code", .perStep, "What a neuron sent in every step for one sample, 0 for nothing."),
        ]
    }
}
