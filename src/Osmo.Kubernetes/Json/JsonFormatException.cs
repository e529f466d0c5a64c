namespace Osmo.Kubernetes;

/// <summary>Bytes that are not the JSON they should be: cut, garbled or out of structure.</summary>
public sealed class JsonFormatException(string message) : FormatException(message)
{
    internal static JsonFormatException Cut(int length) =>
        new($"the JSON ends in the middle of a value after {length} bytes");

    internal static JsonFormatException Unexpected(ReadOnlySpan<byte> utf8, int position, string expected)
    {
        byte found = utf8[position];
        string shown = found is >= 0x20 and < 0x7f ? $"'{(char)found}'" : $"byte 0x{found:x2}";
        return new JsonFormatException($"expected {expected} at byte {position}, found {shown}");
    }
}
