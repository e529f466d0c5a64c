using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Osmo.Kubernetes;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// Osmo's own protocol: one connection to the silo, kept for ever. Where the backend moves to another silo, the next conversation begins
/// on the same connection. Every conversation starts with a snapshot, so nothing is carried over from one to the next.
/// </summary>
internal sealed class GatewayChannel(AgentOptions options, ReportSources sources, AgentMetrics metrics, TimeProvider time, ILogger logger)
    : IAgentProtocol
{
    // The first restart is answered at once; a backend that moves again and again must not keep the agent sending snapshots.
    private static readonly TimeSpan RestartIntervalMin = TimeSpan.FromMilliseconds(500);

    private readonly GatewayConnector _connector = new(options, time);
    private readonly ReconnectLoop _loop = new(options, time, logger);
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private volatile ChannelSession? _session;
    private long _connections;
    private long _restarts;

    public INodeSink Sink => sources.Store;

    public bool IsConnected => _session is not null;

    public int Unacked => _session?.UnackedBatches ?? 0;

    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Conversations that began anew on a connection, because the backend moved.</summary>
    public long Restarts => Volatile.Read(ref _restarts);

    public string? LastError => _loop.LastError;

    public Task RunAsync(string clusterUid, CancellationToken cancellation) => RunAsync(HelloOf(clusterUid), cancellation);

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(Hello hello, CancellationToken cancellation) =>
        _loop.RunAsync(_connector.ConnectAsync, (socket, until) => ConverseOnAsync(socket, hello, until), cancellation);

    public void Dispose()
    {
    }

    /// <summary>One conversation after the other, for as long as the connection holds.</summary>
    private async Task ConverseOnAsync(ClientWebSocket socket, Hello hello, CancellationToken cancellation)
    {
        await using FrameConnection frames = new(socket);
        AgentLog.Connected(logger, _connector.Address);
        long? restartedAt = null;
        uint number = 0;
        while (true)
        {
            try
            {
                Hello numbered = hello.Clone();
                numbered.Restart = number;
                await ConverseAsync(frames, numbered, isFirst: restartedAt is null, cancellation).ConfigureAwait(false);
            }
            catch (ChannelRestartException restart)
            {
                TimeSpan since = restartedAt is { } at ? time.GetElapsedTime(at) : RestartIntervalMin;
                if (since < RestartIntervalMin)
                {
                    await Task.Delay(RestartIntervalMin - since, time, cancellation).ConfigureAwait(false);
                }

                restartedAt = time.GetTimestamp();
                number = restart.Number;
                Interlocked.Increment(ref _restarts);
                metrics.CountRestart();
                AgentLog.Restarted(logger);
            }
        }
    }

    private async Task ConverseAsync(FrameConnection frames, Hello hello, bool isFirst, CancellationToken cancellation)
    {
        ChannelSession session = new(frames, sources, time, logger);
        try
        {
            await session.OpenAsync(hello, cancellation).ConfigureAwait(false);
            _loop.Welcomed();
            if (isFirst)
            {
                Interlocked.Increment(ref _connections);
                metrics.CountConnection();
            }

            sources.Store.BeginReport();
            _session = session;
            await session.RunAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _session = null;
            sources.Labels.SetPolicy(false);
            sources.Store.EndReport();
            sources.LabelReports.Clear();
        }
    }

    private Hello HelloOf(string clusterUid) => new()
    {
        ProtocolVersion = AgentChannel.ProtocolVersion,
        Backend = options.Backend,
        ClusterUid = clusterUid,
        WorkflowNamespace = options.Namespace,
        AgentVersion = AgentVersion.Text,
        NodeConditionPrefix = options.NodeConditionPrefix.Value,
        LabelUpdates = options is { EnableNodeLabelUpdate: true, AllowLabelPatches: true },
        AgentInstance = _instance,
    };
}
