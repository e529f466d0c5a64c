using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>
/// What is on its way to an agent. It holds the latest of everything and not a queue: one acknowledgement, one policy, one label
/// value per node. So a slow agent costs at most one update per node, and is always told the newest. Until the agent is welcome nothing
/// else is said to it but that it is not, or that it has to begin again.
/// </summary>
internal sealed class AgentOutbox : IAsyncDisposable
{
    /// <summary>Most batches that an agent may have unacknowledged.</summary>
    public const uint WindowBatches = 8;

    /// <summary>How often an agent says something, in milliseconds; see <see cref="BackendRecord.OnlineWindow"/>.</summary>
    public const uint HeartbeatIntervalMs = 20_000;

    private const int LabelUpdatesPerFrameMax = 2_000;
    private const uint RetryAfterMs = 3_000;

    /// <summary>Somebody has to mend something, and then waits for the agent.</summary>
    private const uint RetryAfterMistakeMs = 10_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<string, Grains.Nodes.LabelUpdate> _labels = new(StringComparer.Ordinal);
    private readonly BackendName _backend;
    private readonly IAgentFrameSink _sink;
    private readonly ILogger _logger;
    private readonly Task _pump;
    private Restart? _restart;
    private Welcome? _welcome;
    private Refusal? _refusal;
    private LabelPolicy? _policy;
    private bool _isWelcome;
    private ulong _acknowledged;
    private ulong _acknowledgedSent;

    public AgentOutbox(BackendName backend, IAgentFrameSink sink, ILogger logger)
    {
        _backend = backend;
        _sink = sink;
        _logger = logger;
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>A session is to begin: what an earlier one had to say is said no more.</summary>
    public void Begin() => Change(Clear);

    /// <summary>Asks the agent to begin its conversation again.</summary>
    public void Restart(uint number) => Change(() =>
    {
        Clear();
        _restart = new Restart { Number = number };
    });

    public void Welcome(bool labelUpdates) => Change(() =>
    {
        _isWelcome = true;
        _welcome = new Welcome
        {
            ProtocolVersion = AgentChannel.ProtocolVersion,
            WindowBatches = WindowBatches,
            HeartbeatIntervalMs = HeartbeatIntervalMs,
            LabelUpdates = labelUpdates,
        };
    });

    public void Acknowledge(ulong sequence) => Change(() => _acknowledged = sequence);

    /// <summary>Tells the agent what its backend's grain says.</summary>
    public void Tell(AgentNews news) => Change(() =>
    {
        if (news.LabelPolicy is { } enabled)
        {
            _policy = new LabelPolicy { Enabled = enabled };
            if (!enabled)
            {
                _labels.Clear();
            }
        }

        var updates = news.Labels.IsDefault ? [] : news.Labels;
        _labels.EnsureCapacity(updates.Length);
        foreach (var update in updates)
        {
            _labels[update.Node] = update;
        }
    });

    /// <summary>Refuses the agent: what follows is that its connection is closed.</summary>
    public void Refuse(AgentRefusal reason, string message)
    {
        GatewayLog.AgentRefused(_logger, _backend, reason, message);
        Change(() => _refusal ??= new Refusal { Code = CodeOf(reason), Message = message, RetryAfterMs = RetryAfterOf(reason) });
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        _closing.Dispose();
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                await _signal.WaitAsync(_closing.Token).ConfigureAwait(false);
                while (Take() is { } frame)
                {
                    await _sink.SendAsync(frame.ToByteArray(), _closing.Token).ConfigureAwait(false);
                    if (frame.Messages[^1].KindCase == SiloMessage.KindOneofCase.Refusal)
                    {
                        _sink.Complete(frame.Messages[^1].Refusal.Message);
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is gone, and the agent with it.
        }
        catch (IOException)
        {
            _sink.Complete("The connection broke.");
        }
    }

    private void Clear()
    {
        (_restart, _welcome, _policy, _isWelcome) = (null, null, null, false);
        (_acknowledged, _acknowledgedSent) = (0, 0);
        _labels.Clear();
    }

    private SiloFrame? Take()
    {
        var frame = new SiloFrame();
        lock (_gate)
        {
            if (_restart is not null)
            {
                frame.Messages.Add(new SiloMessage { Restart = _restart });
                _restart = null;
            }

            if (_welcome is not null)
            {
                frame.Messages.Add(new SiloMessage { Welcome = _welcome });
                _welcome = null;
            }

            if (_isWelcome && _acknowledged > _acknowledgedSent)
            {
                frame.Messages.Add(new SiloMessage { Ack = new Ack { Sequence = _acknowledged } });
                _acknowledgedSent = _acknowledged;
            }

            if (_isWelcome && _policy is not null)
            {
                frame.Messages.Add(new SiloMessage { LabelPolicy = _policy });
                _policy = null;
            }

            if (_isWelcome && _labels.Count > 0 && _refusal is null)
            {
                frame.Messages.Add(new SiloMessage { LabelUpdates = TakeLabels() });
            }

            if (_refusal is not null)
            {
                frame.Messages.Add(new SiloMessage { Refusal = _refusal });
            }
        }

        return frame.Messages.Count == 0 ? null : frame;
    }

    private LabelUpdates TakeLabels()
    {
        var message = new LabelUpdates();
        foreach (var (node, update) in _labels)
        {
            // Removing while enumerating is allowed for dictionaries, and spares a copy of 100,000 names.
            _labels.Remove(node);
            message.Updates.Add(new Protocol.Agent.V1.LabelUpdate { Node = node, Uid = update.Uid, Available = update.Available });
            if (message.Updates.Count == LabelUpdatesPerFrameMax)
            {
                break;
            }
        }

        return message;
    }

    /// <summary>What somebody has to fix will not be fixed in a second.</summary>
    private static uint RetryAfterOf(AgentRefusal reason) =>
        reason is AgentRefusal.ClusterConflict or AgentRefusal.InvalidHello ? RetryAfterMistakeMs : RetryAfterMs;

    private static Refusal.Types.Code CodeOf(AgentRefusal reason) => reason switch
    {
        AgentRefusal.ClusterConflict => Refusal.Types.Code.ClusterConflict,
        AgentRefusal.Superseded => Refusal.Types.Code.Superseded,
        AgentRefusal.ProtocolError => Refusal.Types.Code.ProtocolError,
        AgentRefusal.InvalidHello => Refusal.Types.Code.InvalidHello,
        AgentRefusal.Deleted => Refusal.Types.Code.Deleted,
        AgentRefusal.Occupied => Refusal.Types.Code.Occupied,
        _ => Refusal.Types.Code.Unavailable,
    };
}
