using System.Buffers;
using System.Text.Json;

namespace Osmo.Kubernetes;

/// <summary>
/// A forward cursor over one complete JSON text in memory, made for reading few members of large objects: what is asked for is
/// checked strictly, what is skipped is only held to its structure. Throws <see cref="JsonFormatException"/>.
/// </summary>
internal ref struct JsonCursor(ReadOnlySpan<byte> utf8, int position = 0)
{
    // What ends or interrupts the plain part of a string: a quote, a backslash, and the control characters JSON forbids.
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    public static readonly SearchValues<byte> ScalarEnds = SearchValues.Create(",]} \t\r\n"u8);
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("0123456789+-.eE"u8);

    private readonly ReadOnlySpan<byte> _utf8 = utf8;
    private int _position = position;

    public readonly int Position => _position;

    /// <summary>The next byte that is not white space, left unread.</summary>
    public byte Peek()
    {
        while ((uint)_position < (uint)_utf8.Length)
        {
            byte next = _utf8[_position];
            if (next > 0x20 || (next is not 0x20 and not 0x0a and not 0x0d and not 0x09))
            {
                return next;
            }

            _position++;
        }

        throw JsonFormatException.Cut(_utf8.Length);
    }

    /// <summary>
    /// Enters an object. Null counts as an object that is absent (false); anything else is the caller's to judge (false, unread).
    /// </summary>
    public bool TryBegin(byte opener)
    {
        if (Peek() != opener)
        {
            return false;
        }

        _position++;
        return true;
    }

    public bool TryReadNull()
    {
        if (Peek() != (byte)'n')
        {
            return false;
        }

        ReadLiteral("null"u8);
        return true;
    }

    /// <summary>Moves to the next member of the object just entered; its value is the next thing to read.</summary>
    public bool NextMember(ref bool first, out ReadOnlySpan<byte> name)
    {
        byte next = Peek();
        if (next == (byte)'}')
        {
            _position++;
            name = default;
            return false;
        }

        if (!first)
        {
            Require((byte)',', "',' or '}'");
        }

        first = false;
        name = ReadString();
        if ((uint)_position < (uint)_utf8.Length && _utf8[_position] == (byte)':')
        {
            _position++;
        }
        else
        {
            Require((byte)':', "':'");
        }

        return true;
    }

    /// <summary>Moves to the next element of the array just entered.</summary>
    public bool NextElement(ref bool first)
    {
        if (Peek() == (byte)']')
        {
            _position++;
            return false;
        }

        if (!first)
        {
            Require((byte)',', "',' or ']'");
        }

        first = false;
        return true;
    }

    /// <summary>The bytes of a string, unescaped; they stay valid as long as the text.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        Require((byte)'"', "a string");
        ReadOnlySpan<byte> rest = _utf8[_position..];
        int stop = rest.IndexOfAny(StringStops);
        if (stop >= 0 && rest[stop] == (byte)'"')
        {
            _position += stop + 1;
            return rest[..stop];
        }

        return ReadUnusualString();
    }

    public bool ReadBoolean()
    {
        bool value = Peek() == (byte)'t';
        ReadLiteral(value ? "true"u8 : "false"u8);
        return value;
    }

    /// <summary>The raw text of a number.</summary>
    public ReadOnlySpan<byte> ReadNumber()
    {
        Peek();
        ReadOnlySpan<byte> rest = _utf8[_position..];
        int length = rest.IndexOfAny(ScalarEnds);
        ReadOnlySpan<byte> number = length < 0 ? rest : rest[..length];
        if (number.IsEmpty || number.ContainsAnyExcept(NumberBytes) || number[0] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9')))
        {
            throw JsonFormatException.Unexpected(_utf8, _position, "a JSON value");
        }

        _position += number.Length;
        return number;
    }

    /// <summary>Passes over the next value, whatever it is.</summary>
    public void Skip()
    {
        switch (Peek())
        {
            case (byte)'"':
                SkipString();
                break;
            case (byte)'{' or (byte)'[':
                int end = JsonContainer.FindEnd(_utf8, _position);
                _position = end >= 0 ? end : throw JsonFormatException.Cut(_utf8.Length);
                break;
            case (byte)'t' or (byte)'f':
                ReadBoolean();
                break;
            case (byte)'n':
                ReadLiteral("null"u8);
                break;
            default:
                ReadNumber();
                break;
        }
    }

    /// <summary>Nothing but white space may follow.</summary>
    public void RequireEnd()
    {
        ReadOnlySpan<byte> rest = _utf8[_position..];
        int next = rest.IndexOfAnyExcept(" \t\r\n"u8);
        if (next >= 0)
        {
            throw JsonFormatException.Unexpected(_utf8, _position + next, "the end");
        }
    }

    private void SkipString()
    {
        int at = _position + 1;
        while (true)
        {
            int stop = at <= _utf8.Length ? _utf8[at..].IndexOfAny((byte)'"', (byte)'\\') : -1;
            if (stop < 0)
            {
                throw JsonFormatException.Cut(_utf8.Length);
            }

            at += stop;
            if (_utf8[at] == (byte)'"')
            {
                _position = at + 1;
                return;
            }

            at += 2;
        }
    }

    private ReadOnlySpan<byte> ReadUnusualString()
    {
        int start = --_position;
        SkipString();
        ReadOnlySpan<byte> quoted = _utf8[start.._position];
        try
        {
            Utf8JsonReader reader = new(quoted);
            reader.Read();
            byte[] plain = new byte[quoted.Length];
            return plain.AsSpan(0, reader.CopyString(plain));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JsonFormatException($"the string at byte {start} is not valid JSON");
        }
    }

    private void ReadLiteral(ReadOnlySpan<byte> literal)
    {
        ReadOnlySpan<byte> rest = _utf8[_position..];
        if (!rest.StartsWith(literal))
        {
            throw literal.StartsWith(rest)
                ? JsonFormatException.Cut(_utf8.Length)
                : JsonFormatException.Unexpected(_utf8, _position, "a JSON value");
        }

        _position += literal.Length;
    }

    private void Require(byte wanted, string expected)
    {
        if (Peek() != wanted)
        {
            throw JsonFormatException.Unexpected(_utf8, _position, expected);
        }

        _position++;
    }
}
