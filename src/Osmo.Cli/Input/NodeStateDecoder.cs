using Osmo.Kubernetes;

namespace Osmo.Cli.Input;

/// <summary>Decodes one Node object as the agent does, so that an offline verdict is the one that a server would give.</summary>
internal sealed class NodeStateDecoder
{
    private readonly NodeDecoder _decoder = new();

    /// <exception cref="FormatException">The bytes are no node, or a field has the wrong type; the message says which.</exception>
    public NodeProjection Decode(ReadOnlyMemory<byte> json) =>
        _decoder.DecodeNode(json.Span, known: null, out var malformed) is { } node && malformed is null
            ? node
            : throw new FormatException($"{malformed}.");
}
