using System.Net.WebSockets;
using Google.Protobuf;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Bench.Channel;

/// <summary>An agent that does nothing but send prepared batches, as many at once as the silo's window allows.</summary>
internal sealed class WindowedAgent : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly FrameConnection _connection;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _window = new(0);
    private readonly SemaphoreSlim _progress = new(0, 1);
    private readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private string _end = "The silo ended the connection.";
    private ulong _acknowledged;
    private long _labelUpdates;

    private WindowedAgent(FrameConnection connection)
    {
        _connection = connection;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Raised with the sequence number of every acknowledgement, on the connection's reader.</summary>
    public event Action<ulong>? Acknowledged;

    /// <summary>Label updates received so far.</summary>
    public long LabelUpdates => Interlocked.Read(ref _labelUpdates);

    /// <summary>Connects and waits for the welcome.</summary>
    public static async Task<WindowedAgent> ConnectAsync(Uri server, string backend, bool labels = false)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(AgentChannel.SubProtocol);
        await socket.ConnectAsync(
            new UriBuilder(server) { Scheme = "ws", Path = $"{AgentChannel.Path}/{backend}" }.Uri, CancellationToken.None);
        var agent = new WindowedAgent(new FrameConnection(socket));
        var hello = new Hello
        {
            ProtocolVersion = AgentChannel.ProtocolVersion,
            Backend = backend,
            ClusterUid = $"uid-of-{backend}",
            WorkflowNamespace = "workflows",
            AgentVersion = "1.0.0",
            NodeConditionPrefix = "osmo.nvidia.com/",
            LabelUpdates = labels,
            AgentInstance = backend,
        };
        await agent._connection.SendAsync(new AgentFrame { Messages = { new AgentMessage { Hello = hello } } }, CancellationToken.None);
        await agent._welcomed.Task.WaitAsync(AnswerTimeout);
        return agent;
    }

    /// <summary>Sends a batch as soon as the window has room.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> frame) => SendAsync(() => _connection.SendAsync(frame, _ending.Token));

    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte})"/>
    public Task SendAsync(IMessage frame) => SendAsync(() => _connection.SendAsync(frame, _ending.Token));

    /// <summary>Waits until a batch, and all before it, are durable.</summary>
    public Task AcknowledgedAsync(ulong sequence) => ProgressAsync(() => Volatile.Read(ref _acknowledged) >= sequence);

    /// <summary>Waits until so many label updates came.</summary>
    public Task LabelUpdatesAsync(long count) => ProgressAsync(() => LabelUpdates >= count);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _connection.Abort();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connection.DisposeAsync();
        _ending.Dispose();
        _window.Dispose();
        _progress.Dispose();
    }

    private async Task SendAsync(Func<ValueTask> send)
    {
        try
        {
            await _window.WaitAsync(_ending.Token);
            await send();
        }
        catch (OperationCanceledException)
        {
            throw new IOException(_end);
        }
    }

    private async Task ProgressAsync(Func<bool> isReached)
    {
        while (!isReached())
        {
            if (!await _progress.WaitAsync(AnswerTimeout, _ending.Token))
            {
                throw new TimeoutException($"The silo said nothing for {AnswerTimeout.TotalSeconds} s.");
            }
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _connection.ReceiveAsync(_ending.Token) is { } bytes)
            {
                foreach (var message in SiloFrame.Parser.ParseFrom(bytes.Span).Messages)
                {
                    Handle(message);
                }

                if (_progress.CurrentCount == 0)
                {
                    _progress.Release();
                }
            }
        }
        finally
        {
            // Whoever waits for the window or an answer must not wait for ever.
            _welcomed.TrySetException(new IOException("The silo ended the connection."));
            await _ending.CancelAsync();
        }
    }

    private void Handle(SiloMessage message)
    {
        switch (message.KindCase)
        {
            case SiloMessage.KindOneofCase.Welcome:
                _window.Release((int)message.Welcome.WindowBatches);
                _welcomed.TrySetResult();
                break;
            case SiloMessage.KindOneofCase.Ack:
                _window.Release((int)(message.Ack.Sequence - _acknowledged));
                Volatile.Write(ref _acknowledged, message.Ack.Sequence);
                Acknowledged?.Invoke(message.Ack.Sequence);
                break;
            case SiloMessage.KindOneofCase.LabelUpdates:
                Interlocked.Add(ref _labelUpdates, message.LabelUpdates.Updates.Count);
                break;
            case SiloMessage.KindOneofCase.Refusal:
                _end = $"The silo refuses: {message.Refusal.Message}";
                throw new IOException(_end);
            default:
                break;
        }
    }
}
