namespace Osmo.Kubernetes;

/// <summary>The nodes a reflector has handed over, by name.</summary>
internal sealed class KnownNodes : IKnownNodes
{
    // A DNS subdomain name; longer ones are looked up the slow way.
    private const int NameCharsMax = 253;

    private readonly Dictionary<string, NodeProjection> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeProjection>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public KnownNodes() => _bySpan = _nodes.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _nodes.Count;

    public IEnumerable<NodeProjection> All => _nodes.Values;

    public NodeProjection? Find(ReadOnlySpan<byte> nameUtf8)
    {
        if (nameUtf8.Length > NameCharsMax)
        {
            return Find(Utf8Text.ToText(nameUtf8));
        }

        Span<char> name = stackalloc char[NameCharsMax];
        int length = System.Text.Encoding.UTF8.GetChars(nameUtf8, name);
        return _bySpan.TryGetValue(name[..length], out NodeProjection? node) ? node : null;
    }

    public NodeProjection? Find(string name) => _nodes.GetValueOrDefault(name);

    public void Set(NodeProjection node) => _nodes[node.Name] = node;

    public bool Remove(string name) => _nodes.Remove(name);
}
