internal import Foundation

/// What a site offers: dead zones to choose from, how much its error weighs, and what an event costs.
struct SiteOffer: Sendable {
    var choices: [DeadZoneChoice]
    /// Squared relative error of the outputs per squared error of the site.
    var weight: Double
    /// Accumulates per event.
    var price: Double
}

/// Spends accumulates where they save most error: the choices for which `Σ weight·error + μ·Σ price·events` is smallest, with the smallest
/// μ that keeps to the budget.
struct DeadZoneBudget: Sendable {
    let offers: [SiteOffer]

    /// - Parameter accumulates: per sample.
    /// - Returns: the choice of each site; the cheapest ones where no choice is cheap enough.
    func choices(within accumulates: Double) -> [DeadZoneChoice] {
        let best = choices(at: 0)
        if cost(best) <= accumulates { return best }
        var (low, high) = (-200.0, 200.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if cost(choices(at: exp2(middle))) > accumulates { low = middle } else { high = middle }
        }
        return choices(at: exp2(high))
    }

    func cost(_ choices: [DeadZoneChoice]) -> Double { zip(offers, choices).reduce(0) { $0 + $1.0.price * $1.1.events } }

    private func choices(at exchange: Double) -> [DeadZoneChoice] {
        offers.map { offer in
            offer.choices.min {
                offer.weight * $0.error + exchange * offer.price * $0.events < offer.weight * $1.error + exchange * offer.price * $1.events
            }!
        }
    }
}
