using Google.Protobuf;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>Reads the parts of a <see cref="Proto.ClusterFrame"/> one after the other, without making an object of the frame.</summary>
internal ref struct FrameReader
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _frame;
    private int _position;

    public FrameReader(ReadOnlySpan<byte> frame) => _frame = frame;

    /// <summary>The call that was read; null where it was something else.</summary>
    public Proto.Call? Call { get; private set; }

    /// <summary>The answer that was read; null where it was something else.</summary>
    public Proto.Answer? Answer { get; private set; }

    /// <summary>The cancelled call that was read; null where it was something else.</summary>
    public ulong? Cancelled { get; private set; }

    /// <summary>Goes to the next part; false at the end.</summary>
    /// <exception cref="WireFormatException">The frame is none.</exception>
    public bool TryRead()
    {
        Call = null;
        Answer = null;
        Cancelled = null;
        if (_position == _frame.Length)
        {
            return false;
        }

        var tag = ReadVarint();
        var (field, type) = (tag >> 3, (int)(tag & 7));
        try
        {
            switch (field, type)
            {
                case (Proto.ClusterFrame.CallsFieldNumber, LengthDelimited):
                    Call = Proto.Call.Parser.ParseFrom(ReadBytes());
                    break;
                case (Proto.ClusterFrame.AnswersFieldNumber, LengthDelimited):
                    Answer = Proto.Answer.Parser.ParseFrom(ReadBytes());
                    break;
                case (Proto.ClusterFrame.CancelledFieldNumber, Varint):
                    Cancelled = ReadVarint();
                    break;
                default:
                    // A newer process may say what this one does not know.
                    Skip(field, type);
                    break;
            }
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new WireFormatException($"A frame holds a message that does not parse: {failure.Message}");
        }

        return true;
    }

    private void Skip(ulong field, int type)
    {
        switch (type)
        {
            case Varint:
                ReadVarint();
                break;
            case Fixed64:
                Take(8);
                break;
            case LengthDelimited:
                ReadBytes();
                break;
            case Fixed32:
                Take(4);
                break;
            default:
                throw new WireFormatException($"A frame has field {field} of a type that does not exist.");
        }
    }

    private ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadVarint();
        return length <= int.MaxValue ? Take((int)length) : throw Truncated();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _frame.Length - _position)
        {
            throw Truncated();
        }

        var bytes = _frame.Slice(_position, length);
        _position += length;
        return bytes;
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position == _frame.Length)
            {
                throw Truncated();
            }

            var next = _frame[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new WireFormatException("A frame has a number of more than 64 bits.");
    }

    private static WireFormatException Truncated() => new("A frame ends in the middle of a message.");
}
