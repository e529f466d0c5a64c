using System.Net.WebSockets;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Testing.Channel;

/// <summary>An agent that says just what a test tells it to, over a real WebSocket, and remembers all that it is told.</summary>
public sealed class ScriptedAgent : IAsyncDisposable
{
    private readonly FrameConnection _connection;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<SiloMessage> _received = [];
    private readonly Task _reading;
    private ulong _sequence;

    private ScriptedAgent(string backend, FrameConnection connection)
    {
        Backend = backend;
        _connection = connection;
        _reading = Task.Run(ReadAsync);
    }

    public string Backend { get; }

    /// <summary>Whether the connection has ended.</summary>
    public bool Ended => _reading.IsCompleted;

    /// <summary>The refusal that ended the conversation, if one did.</summary>
    public Refusal? Refusal => Received(message => message.Refusal).LastOrDefault();

    public Welcome? Welcome => Received(message => message.Welcome).FirstOrDefault();

    /// <summary>The last time that the silo asked to begin anew, if it did.</summary>
    public Restart? Restart => Received(message => message.Restart).LastOrDefault();

    /// <summary>The last acknowledgement of the conversation that is going on.</summary>
    public ulong Acknowledged => Conversation(message => message.Ack).LastOrDefault()?.Sequence ?? 0;

    /// <summary>Every label update so far, in order.</summary>
    public IReadOnlyList<LabelUpdate> LabelUpdates => [.. Received(message => message.LabelUpdates).SelectMany(updates => updates.Updates)];

    public IReadOnlyList<LabelPolicy> LabelPolicies => Received(message => message.LabelPolicy);

    /// <summary>Connects, and says hello where there is one to say.</summary>
    public static async Task<ScriptedAgent> ConnectAsync(Uri server, string backend, Hello? hello, string? token = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(AgentChannel.SubProtocol);
        if (token is not null)
        {
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        var address = new UriBuilder(server) { Scheme = "ws", Path = $"{AgentChannel.Path}/{backend}" }.Uri;
        await socket.ConnectAsync(address, CancellationToken.None);
        var agent = new ScriptedAgent(backend, new FrameConnection(socket));
        if (hello is not null)
        {
            await agent.SendAsync(new AgentMessage { Hello = hello });
        }

        return agent;
    }

    /// <summary>Connects as an agent of a cluster and waits for the welcome.</summary>
    public static async Task<ScriptedAgent> JoinAsync(
        Uri server, string backend, bool labels = false, string? clusterUid = null, string? token = null)
    {
        var agent = await ConnectAsync(server, backend, HelloOf(backend, labels, clusterUid), token);
        await Eventually.HoldsAsync(() => agent.Welcome is not null || agent.Ended, $"a welcome for {backend}");
        return agent.Welcome is null ? throw new InvalidOperationException($"Refused: {agent.Refusal}") : agent;
    }

    public static Hello HelloOf(string backend, bool labels = false, string? clusterUid = null) => new()
    {
        ProtocolVersion = AgentChannel.ProtocolVersion,
        Backend = backend,
        ClusterUid = clusterUid ?? $"uid-of-{backend}",
        WorkflowNamespace = "workflows",
        AgentVersion = "1.2.3",
        NodeConditionPrefix = "osmo.nvidia.com/",
        LabelUpdates = labels,
        AgentInstance = Guid.NewGuid().ToString(),
    };

    /// <summary>Answers a Restart with a new conversation and waits for the welcome.</summary>
    public async Task BeginAnewAsync()
    {
        var hello = HelloOf(Backend);
        hello.Restart = Restart!.Number;
        _sequence = 0;
        await SendAsync(new AgentMessage { Hello = hello });
        await Eventually.HoldsAsync(() => Conversation(message => message.Welcome).Count > 0 || Ended, $"a new welcome for {Backend}");
    }

    public async Task SendAsync(params AgentMessage[] messages)
    {
        var frame = new AgentFrame();
        frame.Messages.AddRange(messages);
        await _connection.SendAsync(frame, CancellationToken.None);
    }

    public Task SendBytesAsync(ReadOnlyMemory<byte> frame) => _connection.SendAsync(frame, CancellationToken.None).AsTask();

    /// <summary>Reports nodes and waits until that is durable.</summary>
    public async Task ReportAsync(IEnumerable<ScriptedNode> nodes, bool snapshot = false, params string[] deleted)
    {
        var sequence = await PostAsync(nodes, snapshot, deleted);
        await AcknowledgedAsync(sequence);
    }

    /// <summary>Reports nodes without waiting.</summary>
    public async Task<ulong> PostAsync(IEnumerable<ScriptedNode> nodes, bool snapshot = false, params string[] deleted)
    {
        var batch = ScriptedNode.Batch(++_sequence, nodes, deleted);
        batch.SnapshotBegin = snapshot;
        batch.SnapshotEnd = snapshot;
        await SendAsync(new AgentMessage { Nodes = batch });
        return batch.Sequence;
    }

    public Task AcknowledgedAsync(ulong sequence) =>
        Eventually.HoldsAsync(() => Acknowledged >= sequence || Ended, $"acknowledgement of batch {sequence} of {Backend}");

    /// <summary>Says how a label update went.</summary>
    public Task ReportLabelAsync(string node, bool available, LabelResult.Types.Outcome outcome, string message = "") =>
        SendAsync(new AgentMessage
        {
            LabelResults = new LabelResults
            {
                Results = { new LabelResult { Node = node, Available = available, Outcome = outcome, Message = message } },
            },
        });

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _connection.Abort();
        await _reading;
        await _connection.DisposeAsync();
        _ending.Dispose();
    }

    private List<T> Conversation<T>(Func<SiloMessage, T?> pick)
        where T : class
    {
        lock (_gate)
        {
            return [.. _received.Skip(_received.FindLastIndex(message => message.Restart is not null) + 1).Select(pick).OfType<T>()];
        }
    }

    private List<T> Received<T>(Func<SiloMessage, T?> pick)
        where T : class
    {
        lock (_gate)
        {
            return [.. _received.Select(pick).OfType<T>()];
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _connection.ReceiveAsync(_ending.Token) is { } bytes)
            {
                var frame = SiloFrame.Parser.ParseFrom(bytes.Span);
                lock (_gate)
                {
                    _received.AddRange(frame.Messages);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The connection is gone, which Ended says.
        }
    }
}
