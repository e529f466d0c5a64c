namespace Osmo.Agent;

/// <summary>
/// The messages of one connection that the service has not acknowledged, in order. Each is kept until it is; a new connection begins with
/// all of them, under their old ids. Never more than the window are on their way at once. Safe for several threads.
/// </summary>
internal sealed class ListenerOutbox
{
    /// <summary>Most messages that are kept where the window has no limit.</summary>
    public const int MessagesMax = 10_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<Message> _messages = new();
    private readonly Dictionary<string, LinkedListNode<Message>> _byId = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly AsyncSignal _room;
    private readonly int _window;
    private LinkedListNode<Message>? _next;
    private int _connection;
    private int _underway;

    /// <param name="windowMessages">Most messages that are unacknowledged; 0 for no limit of its own.</param>
    /// <param name="room">Set when there is room for more.</param>
    /// <param name="time">Clock.</param>
    public ListenerOutbox(int windowMessages, AsyncSignal room, TimeProvider time)
    {
        _window = windowMessages > 0 ? windowMessages : MessagesMax;
        _room = room;
        _time = time;
    }

    /// <summary>Set when there may be something to send.</summary>
    public AsyncSignal Ready { get; } = new();

    /// <summary>Most messages that may be unacknowledged.</summary>
    public int Window => _window;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _messages.Count;
            }
        }
    }

    /// <summary>How many more messages it takes before the window is full.</summary>
    public int Room => Math.Max(0, _window - Count);

    /// <summary>For how long the oldest message has been on its way on this connection; zero when none is.</summary>
    public TimeSpan Waiting
    {
        get
        {
            lock (_lock)
            {
                return _messages.First is { } first && first.Value.Connection == _connection
                    ? _time.GetElapsedTime(first.Value.SentAt)
                    : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Takes a message, also where the window is full: then it waits.</summary>
    public void Add(string type, ReadOnlySpan<byte> body)
    {
        string id = ListenerMessages.NewId();
        Message message = new(ListenerMessages.Frame(type, body, id));
        lock (_lock)
        {
            LinkedListNode<Message> node = _messages.AddLast(message);
            _byId.Add(id, node);
            _next ??= node;
        }

        Ready.Set();
    }

    /// <summary>A new connection is up: everything has to be sent again.</summary>
    public void Rewind()
    {
        lock (_lock)
        {
            _connection++;
            _underway = 0;
            _next = _messages.First;
        }

        Ready.Set();
    }

    /// <summary>The next message to send, if the window allows one.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (_next is not { } node || _underway >= _window)
            {
                frame = default;
                return false;
            }

            node.Value.Connection = _connection;
            node.Value.SentAt = _time.GetTimestamp();
            frame = node.Value.Frame;
            _underway++;
            _next = node.Next;
            return true;
        }
    }

    /// <summary>The service has a message. False when there is none of that id, or no longer.</summary>
    public bool Acknowledge(string id)
    {
        lock (_lock)
        {
            if (!_byId.Remove(id, out LinkedListNode<Message>? node))
            {
                return false;
            }

            _underway -= node.Value.Connection == _connection ? 1 : 0;
            _next = node == _next ? node.Next : _next;
            _messages.Remove(node);
        }

        Ready.Set();
        _room.Set();
        return true;
    }

    private sealed class Message(byte[] frame)
    {
        public byte[] Frame => frame;

        public int Connection { get; set; }

        public long SentAt { get; set; }
    }
}
