using System.Collections.Concurrent;

namespace Osmo.KubeSim.Storage;

/// <summary>
/// Shares equal segments and label strings between nodes: a fleet's image lists and managedFields are mostly the same bytes.
/// Bounded; when it is full, new values simply are not shared.
/// </summary>
internal sealed class SegmentPool
{
    private const int SegmentsMax = 4096;
    private const int TextsMax = 65_536;

    private readonly ConcurrentDictionary<byte[], byte[]> _segments = new(SegmentComparer.Instance);
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    public byte[] Share(byte[] segment)
    {
        if (_segments.TryGetValue(segment, out var known))
        {
            return known;
        }

        return _segments.Count >= SegmentsMax ? segment : _segments.GetOrAdd(segment, segment);
    }

    public string Share(string text)
    {
        if (_texts.TryGetValue(text, out var known))
        {
            return known;
        }

        return _texts.Count >= TextsMax ? text : _texts.GetOrAdd(text, text);
    }

    private sealed class SegmentComparer : IEqualityComparer<byte[]>
    {
        public static readonly SegmentComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
