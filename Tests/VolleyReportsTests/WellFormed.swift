import Foundation
#if canImport(FoundationXML)
import FoundationXML
#endif

/// A document that an XML parser takes, with what stands in it.
struct WellFormed {
    struct Element {
        var name: String
        var attributes: [String: String]
        /// That of everything within.
        var text = ""
    }

    let elements: [Element]

    /// nil where the text is not well-formed XML.
    init?(_ text: String) {
        let parser = XMLParser(data: Data(text.utf8))
        let reader = Reader()
        parser.delegate = reader
        guard parser.parse(), reader.open.isEmpty else { return nil }
        elements = reader.elements
    }

    func all(_ name: String, class word: String? = nil) -> [Element] {
        elements.filter { element in
            element.name == name && (word.map { (element.attributes["class"] ?? "").split(separator: " ").map(String.init).contains($0) } ?? true)
        }
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        var open: [Int] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
        ) {
            open.append(elements.count)
            elements.append(Element(name: name, attributes: attributes))
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) { open.removeLast() }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            for index in open { elements[index].text += text }
        }
    }
}
