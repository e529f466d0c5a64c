using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Osmo.Kubernetes;

/// <summary>
/// Finds the end of a JSON object or array without tokenizing what is inside. Two thirds of a Node are managed fields, images
/// and annotations that nobody here reads; this walks over them 64 bytes at a time. Strings are honoured, braces and brackets
/// must balance, each kind for itself; scalars inside are not looked at.
/// </summary>
internal static class JsonContainer
{
    private const int BlockBytes = 64;

    /// <summary>
    /// Index after the bracket that closes the container opening at <paramref name="start"/>; -1 when the bytes end before it.
    /// </summary>
    /// <exception cref="JsonFormatException">Braces and brackets do not match.</exception>
    public static int FindEnd(ReadOnlySpan<byte> utf8, int start)
    {
        Walk walk = default;
        int position = start;
        while (utf8.Length - position >= BlockBytes)
        {
            int end = walk.Block(ref MemoryMarshal.GetReference(utf8[position..]), utf8[start]);
            if (end >= 0)
            {
                return position + end;
            }

            position += BlockBytes;
        }

        Span<byte> tail = stackalloc byte[BlockBytes];
        tail.Fill((byte)' ');
        utf8[position..].CopyTo(tail);
        int last = walk.Block(ref MemoryMarshal.GetReference(tail), utf8[start]);
        return last < 0 ? -1 : position + last;
    }

    private struct Walk
    {
        private const ulong EvenBits = 0x5555_5555_5555_5555;

        private int _depth;
        private int _braces;
        private ulong _inString;
        private ulong _escapeCarry;

        public int Block(ref byte bytes, byte opener)
        {
            Vector256<byte> low = Vector256.LoadUnsafe(ref bytes);
            Vector256<byte> high = Vector256.LoadUnsafe(ref bytes, 32);
            ulong quotes = Mask(low, high, (byte)'"') & ~Escaped(Mask(low, high, (byte)'\\'));
            ulong strings = PrefixXor(quotes) ^ _inString;
            _inString = (ulong)((long)strings >> 63);
            ulong openBraces = Mask(low, high, (byte)'{') & ~strings;
            ulong closeBraces = Mask(low, high, (byte)'}') & ~strings;
            ulong opens = openBraces | (Mask(low, high, (byte)'[') & ~strings);
            ulong closes = closeBraces | (Mask(low, high, (byte)']') & ~strings);
            if (BitOperations.PopCount(closes) >= _depth)
            {
                int end = Close(opens, closes, openBraces, closeBraces, opener);
                if (end >= 0)
                {
                    return end;
                }
            }

            _depth += BitOperations.PopCount(opens) - BitOperations.PopCount(closes);
            _braces += BitOperations.PopCount(openBraces) - BitOperations.PopCount(closeBraces);
            return -1;
        }

        private readonly int Close(ulong opens, ulong closes, ulong openBraces, ulong closeBraces, byte opener)
        {
            for (ulong left = closes; left != 0; left &= left - 1)
            {
                int at = BitOperations.TrailingZeroCount(left);
                ulong upTo = ulong.MaxValue >> (63 - at);
                if (_depth + BitOperations.PopCount(opens & upTo) - BitOperations.PopCount(closes & upTo) > 0)
                {
                    continue;
                }

                int braces = _braces + BitOperations.PopCount(openBraces & upTo) - BitOperations.PopCount(closeBraces & upTo);
                bool closedByBrace = ((closeBraces >> at) & 1) != 0;
                if (braces != 0 || closedByBrace != (opener == (byte)'{'))
                {
                    throw new JsonFormatException("braces and brackets do not match");
                }

                return at + 1;
            }

            return -1;
        }

        // A quote is escaped when an odd number of backslashes stands before it; runs of backslashes are resolved by letting an
        // addition carry through them.
        private ulong Escaped(ulong backslashes)
        {
            if ((backslashes | _escapeCarry) == 0)
            {
                return 0;
            }

            backslashes &= ~_escapeCarry;
            ulong follows = (backslashes << 1) | _escapeCarry;
            ulong oddStarts = backslashes & ~EvenBits & ~follows;
            ulong runs = unchecked(oddStarts + backslashes);
            _escapeCarry = runs < oddStarts ? 1UL : 0UL;
            return (EvenBits ^ (runs << 1)) & follows;
        }

        private static ulong Mask(Vector256<byte> low, Vector256<byte> high, byte value)
        {
            Vector256<byte> wanted = Vector256.Create(value);
            return Vector256.Equals(low, wanted).ExtractMostSignificantBits()
                | ((ulong)Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 32);
        }

        private static ulong PrefixXor(ulong bits)
        {
            bits ^= bits << 1;
            bits ^= bits << 2;
            bits ^= bits << 4;
            bits ^= bits << 8;
            bits ^= bits << 16;
            bits ^= bits << 32;
            return bits;
        }
    }
}
