using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Osmo.Testing.Listener;

namespace Osmo.Bench.Listener;

/// <summary>
/// The node channel of one backend's agent, with as many messages under way as a real one allows itself. Every message changes its node.
/// </summary>
internal sealed class WindowedListener : IDisposable
{
    private const int Window = 100;
    private const int RingSize = 128;
    private const int Nodes = 50;
    private const int CounterDigits = 16;
    private const int BatchMax = 32;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(2);

    private readonly ListenerConnection _connection;
    private readonly byte[][] _frames;
    private readonly byte[] _uuidStart;
    private readonly byte[] _batch;
    private readonly long[] _sentAt = new long[RingSize];
    private readonly SemaphoreSlim _progress = new(0, 1);
    private readonly List<double> _latenciesMs = [];
    private long _sent;
    private long _acknowledged;
    private long _from;
    private long _last = long.MaxValue;

    private WindowedListener(ListenerConnection connection, int number)
    {
        _connection = connection;
        var start = Guid.NewGuid().ToString("n")[..CounterDigits];
        _uuidStart = Encoding.ASCII.GetBytes(start);
        _frames = [.. FramesOf(start)];
        _batch = new byte[BatchMax * _frames.Max(frame => frame.Length)];
        Number = number;
    }

    /// <summary>Messages that were acknowledged since the measurement began.</summary>
    public int Measured => _latenciesMs.Count;

    /// <summary>From sending, or from when it was due, to the acknowledgement; of each measured message.</summary>
    public IReadOnlyList<double> LatenciesMs => _latenciesMs;

    private int Number { get; }

    public static async Task<WindowedListener> OpenAsync(Uri gateway, int number, string backend, CancellationToken cancel)
    {
        var connection = await ListenerConnection.OpenAsync(gateway, ListenerSocket.PathOf("node", backend), cancel);
        var listener = new WindowedListener(connection, number);
        await connection.SendAsync(ListenerConnection.Frame(ListenerFrames.Init(ListenerFrames.UidOf(backend))), cancel);
        return listener;
    }

    /// <summary>Sends until the end, and waits for what is under way then.</summary>
    /// <param name="from">When the measurement begins, as a timestamp.</param>
    /// <param name="to">When it ends.</param>
    /// <param name="perSecond">Of this connection; null for as many as the window allows.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(long from, long to, double? perSecond, CancellationToken cancel)
    {
        _from = from;
        var reading = ReadAsync(cancel);
        if (perSecond is { } pace)
        {
            await SendPacedAsync(to, pace, cancel);
        }
        else
        {
            await SendWindowAsync(to, cancel);
        }

        // One more, so that something comes when it is known to be the last.
        Volatile.Write(ref _last, _sent + 1);
        await SendAsync(1, _ => Stopwatch.GetTimestamp(), cancel);
        await reading;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _progress.Dispose();
    }

    private async Task SendWindowAsync(long to, CancellationToken cancel)
    {
        while (Stopwatch.GetTimestamp() is var now && now < to)
        {
            if (Free() is > 0 and var free)
            {
                await SendAsync(Math.Min(free, BatchMax), _ => now, cancel);
            }
            else
            {
                await _progress.WaitAsync(cancel);
            }
        }
    }

    /// <summary>Sends by the clock; what finds the window full waits, and its time counts from when it was due.</summary>
    private async Task SendPacedAsync(long to, double perSecond, CancellationToken cancel)
    {
        var period = Stopwatch.Frequency / perSecond;

        // Not all connections at the same moment.
        var start = Stopwatch.GetTimestamp() + (long)(period * (Number % 100) / 100);
        using var timer = new PeriodicTimer(TimeSpan.FromTicks(Math.Max(Tick.Ticks, (long)(TimeSpan.TicksPerSecond / perSecond / 4))));
        while (Stopwatch.GetTimestamp() is var now && now < to)
        {
            while (_sent < (now - start) / period)
            {
                var count = (int)Math.Min(Math.Min(Free(), BatchMax), Math.Ceiling(((now - start) / period) - _sent));
                if (count <= 0)
                {
                    break;
                }

                await SendAsync(count, number => start + (long)(number * period), cancel);
            }

            await timer.WaitForNextTickAsync(cancel);
        }
    }

    private int Free() => Window - (int)(_sent - Volatile.Read(ref _acknowledged));

    private async ValueTask SendAsync(int count, Func<long, long> dueAt, CancellationToken cancel)
    {
        var length = 0;
        for (var i = 0; i < count; i++)
        {
            var frame = _frames[_sent % _frames.Length];
            frame.CopyTo(_batch, length);
            length += frame.Length;

            // The uuid's second half, before the closing quote and brace.
            Utf8Formatter.TryFormat(_sent, _batch.AsSpan(length - 2 - CounterDigits), out _, new('x', CounterDigits));
            Volatile.Write(ref _sentAt[_sent % RingSize], dueAt(_sent));
            _sent++;
        }

        await _connection.SendAsync(_batch.AsMemory(0, length), cancel);
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        while (_acknowledged < Volatile.Read(ref _last))
        {
            if (!Take())
            {
                await _connection.ReceiveAsync(cancel);
            }
        }
    }

    private bool Take()
    {
        var before = _acknowledged;
        var now = Stopwatch.GetTimestamp();
        while (_connection.TryTake(out var payload))
        {
            var at = payload.IndexOf(_uuidStart);
            if (at < 0 || !Utf8Parser.TryParse(payload.Slice(at + CounterDigits, CounterDigits), out long number, out _, 'x')
                || number != _acknowledged)
            {
                throw new InvalidDataException($"Not the acknowledgement of {_acknowledged}: {Encoding.UTF8.GetString(payload)}");
            }

            if (now >= _from)
            {
                _latenciesMs.Add((now - Volatile.Read(ref _sentAt[number % RingSize])) * 1000.0 / Stopwatch.Frequency);
            }

            Volatile.Write(ref _acknowledged, number + 1);
        }

        if (_acknowledged == before)
        {
            return false;
        }

        if (_progress.CurrentCount == 0)
        {
            _progress.Release();
        }

        return true;
    }

    /// <summary>Every node fine, then every node with a condition that is not, again and again.</summary>
    private static IEnumerable<byte[]> FramesOf(string uuidStart)
    {
        var uuid = uuidStart + new string('0', CounterDigits);
        foreach (var isFine in new[] { true, false })
        {
            for (var i = 0; i < Nodes; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"node-{i:000}");
                var node = PythonNode.Ready(name).With("MemoryPressure", isFine ? "False" : "True");
                yield return ListenerConnection.Frame(ListenerFrames.Of("resource", node.ResourceBody(isFine), uuid));
            }
        }
    }
}
