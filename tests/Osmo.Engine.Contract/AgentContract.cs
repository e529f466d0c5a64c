using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>An agent's connection reaches the grain of its backend, and the grain the agent.</summary>
public abstract class AgentContract(EngineUnderTest engine) : EngineContract
{
    [Fact]
    public async Task An_agent_reports_its_nodes_and_is_told_their_labels()
    {
        var rig = await engine.SharedAsync();
        var backend = NewName();
        await using var agent = await JoinAsync(rig, backend);
        await agent.ReportAsync([ScriptedNode.Ready("good"), ScriptedNode.NotReady("bad")], snapshot: true);
        Assert.Empty(agent.LabelUpdates);

        await LabelAsync(rig.Caller, backend);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 2, "labels are asked for");
        await agent.ReportAsync([ScriptedNode.Ready("bad")]);
        await Eventually.HoldsAsync(() => agent.LabelUpdates.Count == 3, "a label that changes is asked for");

        Assert.Equal(["bad=False", "bad=True", "good=True"], agent.LabelUpdates.Select(Text).Order());
        foreach (var seen in Everywhere(rig))
        {
            var status = await seen.GetBackend(backend).GetAsync(Cancel);
            Assert.Equal((2, 2, true, true), (status.Nodes, status.Available, status.AgentConnected, status.AgentSynced));
        }
    }

    [Fact]
    public async Task An_agent_of_another_cluster_is_refused_and_a_deleted_one_is_told()
    {
        var rig = await engine.SharedAsync();
        var backend = NewName();
        await using var agent = await JoinAsync(rig, backend);
        await using var other = await ScriptedAgent.ConnectAsync(
            rig.Door, backend.Value, ScriptedAgent.HelloOf(backend.Value, clusterUid: "another"));
        await Eventually.HoldsAsync(() => other.Ended, "the other agent is refused");
        Assert.Equal(Refusal.Types.Code.ClusterConflict, other.Refusal?.Code);

        await rig.Caller.GetBackend(backend).DeleteAsync(Audit.System, null, Cancel);
        await Eventually.HoldsAsync(() => agent.Ended, "the agent is told");
        Assert.Equal(Refusal.Types.Code.Deleted, agent.Refusal?.Code);
    }

    [Fact]
    public async Task Frames_stay_in_order_and_an_agent_that_is_slow_to_take_them_misses_nothing()
    {
        const int Window = 8;
        const int Batches = 5 * Window;
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        await LabelAsync(rig.Caller, backend);
        var sink = new SteppedSink();
        await using var conduit = rig.Caller.ConnectAgent(backend, sink);
        await SayAsync(conduit, new AgentMessage { Hello = ScriptedAgent.HelloOf(backend.Value) });

        for (var sequence = 1; sequence <= Batches; sequence++)
        {
            await SayAsync(conduit, new AgentMessage { Nodes = BatchOf(sequence) });
            while (sequence - Acknowledged(sink) >= Window)
            {
                // It takes one frame when it may not say any more, and no sooner.
                var taken = sink.Frames.Count;
                sink.Step();
                await Eventually.HoldsAsync(() => sink.Frames.Count > taken, "a frame comes");
            }
        }

        sink.Free();
        await Eventually.HoldsAsync(() => Acknowledged(sink) == Batches, "everything is acknowledged", () => Acknowledged(sink));
        var page = await rig.Caller.GetBackend(backend).ListNodesAsync(new NodeQuery(), Cancel);
        Assert.Equal(2, page.Nodes.Length);
        await Eventually.HoldsAsync(
            () => page.Nodes.All(node => Messages(sink).Select(message => message.LabelUpdates).OfType<LabelUpdates>()
                .SelectMany(updates => updates.Updates).LastOrDefault(update => update.Node == node.Node.Name)?.Available
                == node.Node.Available),
            "each node's newest label is asked for");

        var messages = Messages(sink);
        Assert.NotNull(messages[0].Welcome);
        Assert.Single(messages, message => message.Welcome is not null);
        var acks = messages.Select(message => message.Ack).OfType<Ack>().Select(ack => ack.Sequence).ToArray();
        Assert.Equal(acks.Distinct().Order(), acks);
        Assert.Null(sink.Completed);

        // Two nodes in turn, which come and go at each turn.
        static NodeBatch BatchOf(int sequence)
        {
            var name = $"node-{sequence % 2}";
            var node = sequence / 2 % 2 == 0 ? ScriptedNode.Ready(name) : ScriptedNode.NotReady(name);
            var batch = ScriptedNode.Batch((ulong)sequence, [node]);
            batch.SnapshotBegin = batch.SnapshotEnd = sequence == 1;
            return batch;
        }
    }

    [Fact]
    public async Task What_a_listener_sends_is_acknowledged_in_order()
    {
        const int Nodes = 30;
        var rig = await engine.SharedAsync();
        var backend = NewName();
        var (conduit, sink) = await ListenAsync(rig, backend, "first");
        await using var listening = conduit;
        string[] frames = [.. Enumerable.Range(0, Nodes).Select(i => ListenerFrames.Resource($"node-{i}", true, "Ready"))];
        foreach (var frame in frames)
        {
            await SayAsync(conduit, frame);
        }

        await Eventually.HoldsAsync(() => sink.Frames.Count > Nodes, "everything is acknowledged", () => sink.Frames.Count);

        var answers = sink.Frames.Skip(1).Select(frame => Encoding.UTF8.GetString(frame)).ToArray();
        Assert.Equal(
            frames.Select(ListenerFrames.UuidOf),
            answers.Select(answer => frames.Select(ListenerFrames.UuidOf).Single(uuid => answer.Contains(uuid, StringComparison.Ordinal))));
        Assert.Equal(1 + Nodes, (await rig.Caller.GetBackend(backend).GetAsync(Cancel)).Nodes);
    }

    /// <summary>Lets a backend's nodes be labelled.</summary>
    private protected static Task LabelAsync(IGrainEngine seen, BackendName backend) => seen.GetBackend(backend).ConfigureAsync(
        new ReplaceFields(JsonSerializer.SerializeToElement(
            new { services = new { backendListener = new { enable_node_label_update = true } } })),
        Audit.System,
        null,
        Cancel);

    /// <summary>
    /// A listener's connection on which the report of a node was acknowledged. As every listener it connects again, and says again what was
    /// not acknowledged, where its connection is closed.
    /// </summary>
    private protected static async Task<(IAgentConduit Conduit, SteppedSink Sink)> ListenAsync(
        IEngineRig rig, BackendName backend, string node)
    {
        (IAgentConduit, SteppedSink)? listening = null;
        await Eventually.AgreesAsync(
            async () =>
            {
                var sink = SteppedSink.Open();
                var conduit = rig.Caller.ConnectListener(backend, ListenerChannel.Node, sink);
                await SayAsync(conduit, ListenerFrames.Init(ListenerFrames.UidOf(backend.Value)));
                await SayAsync(conduit, ListenerFrames.Resource(node, true, "Ready"));
                await Eventually.HoldsAsync(
                    () => sink.Frames.Count > 0 || (sink.Moved ?? sink.Completed) is not null, $"an answer to the listener of {backend}");
                if (sink.Frames.Count > 0)
                {
                    listening = (conduit, sink);
                    return null;
                }

                await conduit.DisposeAsync();
                return sink.Moved ?? sink.Completed;
            },
            $"the listener of {backend} is heard");
        return listening!.Value;
    }

    private protected static string Text(Protocol.Agent.V1.LabelUpdate update) => $"{update.Node}={update.Available}";

    private protected static async Task SayAsync(IAgentConduit conduit, string frame) =>
        await conduit.ReceiveAsync(Encoding.UTF8.GetBytes(frame), Cancel);

    private static async Task SayAsync(IAgentConduit conduit, AgentMessage message) =>
        await conduit.ReceiveAsync(new AgentFrame { Messages = { message } }.ToByteArray(), Cancel);

    private static IReadOnlyList<SiloMessage> Messages(SteppedSink sink) =>
        [.. sink.Frames.SelectMany(frame => SiloFrame.Parser.ParseFrom(frame).Messages)];

    private static int Acknowledged(SteppedSink sink) =>
        (int)(Messages(sink).LastOrDefault(message => message.Ack is not null)?.Ack.Sequence ?? 0);
}

/// <summary>Of engines of many processes: connections follow their backend, or are closed so that the agent does.</summary>
public abstract class ClusterAgentContract(ClusterUnderTest engine) : AgentContract(engine)
{
    [Fact]
    public async Task An_agent_begins_anew_on_the_same_connection_when_its_backend_moves()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = NewName();
        await using var agent = await JoinAsync(rig, backend);
        await LabelAsync(rig.Caller, backend);
        await agent.ReportAsync([ScriptedNode.Ready("one")], snapshot: true);
        for (var moves = 1; moves <= 2; moves++)
        {
            var before = agent.Restart?.Number;
            await rig.MoveAsync(backend);
            await Eventually.HoldsAsync(() => agent.Restart is { } restart && restart.Number != before, "the agent is to begin anew");

            // What it says before that is dropped, also what it began before it heard of it.
            await agent.PostAsync([ScriptedNode.Ready("stale")]);
            await agent.SendAsync(new AgentMessage { Hello = ScriptedAgent.HelloOf(backend.Value) });
            await agent.BeginAnewAsync();
            await agent.ReportAsync([ScriptedNode.Ready($"after-{moves}")], snapshot: true);
            var page = await rig.Caller.GetBackend(backend).ListNodesAsync(new NodeQuery(), Cancel);
            Assert.Equal($"after-{moves}", Assert.Single(page.Nodes).Node.Name);
            await Eventually.HoldsAsync(
                () => agent.LabelUpdates.Any(update => update.Node == $"after-{moves}"), "the new owner asks for labels");
        }

        Assert.False(agent.Ended);
        await rig.Caller.GetBackend(backend).DeleteAsync(Audit.System, null, Cancel);
        await Eventually.HoldsAsync(() => agent.Ended, "a refusal is final");
        Assert.Equal(Refusal.Types.Code.Deleted, agent.Refusal?.Code);
    }

    [Fact]
    public async Task A_listener_s_connection_is_closed_as_moved_and_the_next_one_goes_on()
    {
        var rig = await engine.SharedClusterAsync();
        var backend = NewName();
        var (first, sink) = await ListenAsync(rig, backend, "one");
        await rig.MoveAsync(backend);
        await Eventually.HoldsAsync(() => sink.Moved is not null, "the connection is given up as moved", () => sink.Completed);
        Assert.Null(sink.Completed);
        await first.DisposeAsync();

        var (second, _) = await ListenAsync(rig, backend, "two");
        await using var listening = second;
        Assert.Equal(2, (await rig.Caller.GetBackend(backend).GetAsync(Cancel)).Nodes);
    }
}
