using System.Buffers.Binary;
using System.Text;

namespace Osmo.Kubernetes;

/// <summary>UTF-8 bytes compared with, hashed like, and turned into strings.</summary>
internal static class Utf8Text
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    /// <exception cref="JsonFormatException">The bytes are not UTF-8.</exception>
    public static string ToText(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new JsonFormatException("a string is not valid UTF-8");
        }
    }

    public static bool Same(ReadOnlySpan<byte> utf8, string text)
    {
        // Text outside ASCII needs more bytes than chars, so equal lengths leave only ASCII to compare.
        if (utf8.Length == text.Length)
        {
            return Ascii.Equals(utf8, text);
        }

        return utf8.Length > text.Length && !Ascii.IsValid(utf8) && Encoding.UTF8.GetString(utf8) == text;
    }

    /// <summary>A hash seeded per process, eight bytes at a time.</summary>
    public static ulong Hash(ReadOnlySpan<byte> utf8, ulong previous = 0)
    {
        ulong hash = (previous ^ Seed ^ (uint)utf8.Length) * 0x9E37_79B9_7F4A_7C15;
        if (utf8.Length < sizeof(ulong))
        {
            return Mix(hash ^ ReadShort(utf8));
        }

        // The last word overlaps the one before it where the length is no multiple of eight.
        int last = utf8.Length - sizeof(ulong);
        for (int at = 0; at < last; at += sizeof(ulong))
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8[at..]));
        }

        return Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8[last..]));
    }

    private static ulong ReadShort(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length >= sizeof(uint))
        {
            return BinaryPrimitives.ReadUInt32LittleEndian(utf8)
                | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(utf8[^sizeof(uint)..]) << 32);
        }

        return utf8.IsEmpty ? 0 : utf8[0] | ((ulong)utf8[utf8.Length / 2] << 8) | ((ulong)utf8[^1] << 16);
    }

    private static ulong Mix(ulong value)
    {
        value *= 0xFF51_AFD7_ED55_8CCD;
        return value ^ (value >> 32);
    }
}
