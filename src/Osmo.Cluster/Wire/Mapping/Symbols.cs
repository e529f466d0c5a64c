using Google.Protobuf.Collections;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Collects the strings of a message, each once.</summary>
internal sealed class SymbolWriter(RepeatedField<string> symbols)
{
    private readonly Dictionary<string, uint> _indexes = new(StringComparer.Ordinal);

    public uint IndexOf(string text)
    {
        if (!_indexes.TryGetValue(text, out var index))
        {
            index = (uint)symbols.Count;
            symbols.Add(text);
            _indexes.Add(text, index);
        }

        return index;
    }
}

/// <summary>Resolves the strings of a message.</summary>
internal readonly struct SymbolReader(RepeatedField<string> symbols)
{
    /// <exception cref="WireFormatException">The message does not have the symbol.</exception>
    public string this[uint index] =>
        index < symbols.Count ? symbols[(int)index] : throw new WireFormatException("A message refers to a symbol that it does not have.");

    /// <exception cref="WireFormatException">The numbers are no whole tuples.</exception>
    public static int TuplesOf(RepeatedField<uint> numbers, int size) =>
        numbers.Count % size == 0 ? numbers.Count / size : throw new WireFormatException("A message has half a tuple of symbols.");
}
