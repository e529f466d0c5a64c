namespace Osmo.Kubernetes;

/// <summary>Nodes from a document such as <c>kubectl get nodes -o json</c> prints: a List, a NodeList, or a single Node.</summary>
public sealed class NodeDocument
{
    /// <summary>Largest document that is read, in bytes.</summary>
    public const int BytesMax = 1 << 30;

    private NodeDocument(IReadOnlyList<NodeProjection> nodes, IReadOnlyList<MalformedNode> malformed)
    {
        Nodes = nodes;
        Malformed = malformed;
    }

    /// <summary>The nodes in the document's order.</summary>
    public IReadOnlyList<NodeProjection> Nodes { get; }

    /// <summary>Entries that are not usable nodes.</summary>
    public IReadOnlyList<MalformedNode> Malformed { get; }

    /// <summary>Reads a whole document.</summary>
    /// <param name="utf8">The document's bytes, with or without a byte order mark.</param>
    /// <param name="decoder">Decoder to share parts with; a new one when null.</param>
    /// <exception cref="JsonFormatException">The bytes are not JSON, or not a list of nodes or a node.</exception>
    public static NodeDocument Parse(ReadOnlySpan<byte> utf8, NodeDecoder? decoder = null)
    {
        utf8 = utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        decoder ??= new NodeDecoder();
        List<NodeProjection> nodes = [];
        List<MalformedNode> malformed = [];
        NodeListParser parser = new(decoder, known: null, nodes.Add, malformed.Add);
        parser.Feed(utf8);
        if (!parser.IsComplete)
        {
            throw JsonFormatException.Cut(utf8.Length);
        }

        NodeListHeader header = parser.Header;
        if (header.HasItems)
        {
            return new NodeDocument(nodes, malformed);
        }

        if (header.Kind != "Node")
        {
            string found = header.Kind.Length == 0 ? "an object without a kind" : $"a {header.Kind}";
            throw new JsonFormatException(
                $"expected a List, a NodeList or a Node, found {found}; make one with: kubectl get nodes -o json");
        }

        NodeProjection? node = decoder.DecodeNode(utf8, known: null, out MalformedNode? bad);
        return node is not null ? new NodeDocument([node], []) : new NodeDocument([], [bad!]);
    }

    /// <summary>Reads a stream to its end and parses what it held.</summary>
    /// <exception cref="JsonFormatException">See <see cref="Parse"/>; also when there are more than <see cref="BytesMax"/>
    /// bytes.</exception>
    public static async Task<NodeDocument> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream bytes = new();
        byte[] chunk = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (bytes.Length + read > BytesMax)
            {
                throw new JsonFormatException($"the document is larger than {BytesMax} bytes; split it");
            }

            bytes.Write(chunk, 0, read);
        }

        return Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
