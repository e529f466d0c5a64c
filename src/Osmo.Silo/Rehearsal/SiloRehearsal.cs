using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;
using Osmo.Silo.Engine;

namespace Osmo.Silo.Rehearsal;

/// <summary>
/// Before a silo asks for its first backend it plays one through, from an agent's hello to a change of the configuration, against
/// its real store. Code that runs for the first time is compiled then, and connections are opened then: otherwise the first calls
/// of every backend that other silos hand over would wait for it. Nothing is left of it, and a rehearsal that fails stops nobody.
/// </summary>
internal sealed class SiloRehearsal(
    SiloIdentity silo, IBackendStore store, SiloMetrics metrics, TimeProvider time, ILogger<SiloRehearsal> logger)
    : IHostedLifecycleService
{
    private const string Description = "rehearsal";

    /// <summary>After so many calls a method is compiled again, and better.</summary>
    private const int Rounds = 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>After everything was started, and before a service that was added later does the same.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await PlayAsync(either.Token).ConfigureAwait(false);
            SiloLog.Rehearsed(logger, (long)time.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            SiloLog.RehearsalFailed(logger, failure);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PlayAsync(CancellationToken cancellationToken)
    {
        // Even if a backend had this name, it would only be read.
        var name = BackendName.Parse($"rehearsal-{Guid.NewGuid():N}");
        var engine = new LocalGrainEngine(
            silo,
            new RehearsalStore(store),
            new SoleOwnership(),
            new FleetEventLog(),
            metrics,
            time,
            NullLogger<LocalGrainEngine>.Instance);
        await using (engine.ConfigureAwait(false))
        {
            var sink = new Answers();
            var agent = engine.ConnectAgent(name, sink);
            await using (agent.ConfigureAwait(false))
            {
                await agent.ReceiveAsync(Frame(HelloOf(name)), cancellationToken).ConfigureAwait(false);
                await sink.NextAsync(cancellationToken).ConfigureAwait(false);
                for (ulong round = 1; round <= Rounds; round++)
                {
                    await agent.ReceiveAsync(Frame(Report(round)), cancellationToken).ConfigureAwait(false);
                    await ChangeAsync(engine.GetBackend(name), round, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task ChangeAsync(IBackendGrain backend, ulong round, CancellationToken cancellationToken)
    {
        var fields = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["description"] = $"{Description} {round}" });
        var audit = Audit.System with { Request = new RequestId($"{Description}-{round}", (long)round) };
        await backend.ConfigureAsync(new ReplaceFields(fields), audit, expectedRevision: null, cancellationToken).ConfigureAwait(false);
        await backend.GetAsync(cancellationToken).ConfigureAwait(false);
    }

    private static AgentMessage HelloOf(BackendName name) => new()
    {
        Hello = new Hello
        {
            ProtocolVersion = AgentChannel.ProtocolVersion,
            Backend = name.Value,
            ClusterUid = name.Value,
            WorkflowNamespace = Description,
            AgentVersion = Description,
            NodeConditionPrefix = "",
            AgentInstance = name.Value,
        },
    };

    private static AgentMessage Report(ulong round)
    {
        var node = new NodeState { Name = Description, Uid = Description, Unschedulable = round % 2 == 0, Facts = new NodeFacts() };
        node.Conditions.Add([0, 1]);
        node.Facts.Labels.Add([0, 1]);
        var batch = new NodeBatch { Sequence = round, SnapshotBegin = round == 1, SnapshotEnd = round == 1 };
        batch.Symbols.Add(["Ready", "True"]);
        batch.Upserts.Add(node);
        return new AgentMessage { Nodes = batch };
    }

    private static byte[] Frame(AgentMessage message)
    {
        var frame = new AgentFrame();
        frame.Messages.Add(message);
        return frame.ToByteArray();
    }

    /// <summary>What the silo says to the agent.</summary>
    private sealed class Answers : IAgentFrameSink
    {
        private readonly Channel<int> _frames = Channel.CreateUnbounded<int>();

        public ValueTask<int> NextAsync(CancellationToken cancellationToken) => _frames.Reader.ReadAsync(cancellationToken);

        public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
        {
            _frames.Writer.TryWrite(frame.Length);
            return ValueTask.CompletedTask;
        }

        public void Complete(string reason) => _frames.Writer.TryComplete();

        public void Move(string reason) => _frames.Writer.TryComplete();
    }
}
