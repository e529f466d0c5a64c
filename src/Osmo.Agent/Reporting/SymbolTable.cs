using Google.Protobuf.Collections;

namespace Osmo.Agent;

/// <summary>The strings of a batch, each once.</summary>
internal sealed class SymbolTable
{
    private readonly Dictionary<string, uint> _indexes = new(StringComparer.Ordinal);
    private readonly List<string> _symbols = [];

    /// <summary>About how many bytes the symbols take on the wire.</summary>
    public int Bytes { get; private set; }

    public uint IndexOf(string symbol)
    {
        ref uint index = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_indexes, symbol, out bool isKnown);
        if (!isKnown)
        {
            index = (uint)_symbols.Count;
            _symbols.Add(symbol);
            Bytes += symbol.Length + 4;
        }

        return index;
    }

    public void CopyTo(RepeatedField<string> field) => field.AddRange(_symbols);

    public void Clear()
    {
        _indexes.Clear();
        _symbols.Clear();
        Bytes = 0;
    }
}
