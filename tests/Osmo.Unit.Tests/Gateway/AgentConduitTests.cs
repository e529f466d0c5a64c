using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Agents.Channel;
using Osmo.Grains.Agents;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>The conversation of one of our own agents with the grain of its backend.</summary>
public sealed class AgentConduitTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedBackend _backend = new();
    private readonly AgentFrames _agent = new();
    private readonly FakeGrains _fake;
    private readonly AgentConduit _conduit;
    private bool _hasHungUp;

    public AgentConduitTests()
    {
        var (factory, fake) = FakeGrains.Of(_backend);
        _fake = fake;
        _conduit = new AgentConduit(BackendName.Parse("isaac"), _agent, factory, _time, NullLogger.Instance);
    }

    public ValueTask DisposeAsync() => HangUpAsync();

    [Fact]
    public async Task An_agent_is_welcome_before_it_is_told_anything_else()
    {
        _backend.Connect = async (_, observer) =>
        {
            await observer.TellAsync(new AgentNews(null, [new Grains.Nodes.LabelUpdate("n1", "u", true)]));
            return new AgentJoined(4, true, null, "");
        };
        await SayAsync(AgentFrames.Hello());
        await SaidAsync("welcome", "labels n1");

        await SayAsync(new AgentMessage { Heartbeat = new Heartbeat { ClusterError = "no route" } });
        await CalledAsync("connect", "heartbeat 4 no route");
    }

    [Fact]
    public async Task Batches_are_on_their_way_together_and_acknowledged_in_their_order()
    {
        var durable = new Dictionary<ulong, TaskCompletionSource<bool>>();
        _backend.Report = (_, batch) => (durable[batch.Sequence] = new TaskCompletionSource<bool>()).Task;
        await JoinAsync();
        await SayAsync(AgentFrames.Batch(1), AgentFrames.Batch(2), AgentFrames.Batch(3));
        await CalledAsync("connect", "report 1/1", "report 1/2", "report 1/3");

        durable[3].SetResult(true);
        durable[2].SetResult(true);
        Assert.Equal(["welcome"], _agent.Said);
        durable[1].SetResult(true);
        await SaidAsync("welcome", "ack 3");
    }

    [Fact]
    public async Task An_agent_of_another_cluster_is_asked_to_come_back_soon_for_the_conflict_may_be_mended_by_then()
    {
        _backend.Connect = (_, _) => Task.FromResult(new AgentJoined(0, false, AgentRefusal.ClusterConflict, "Another cluster has it."));
        await SayAsync(AgentFrames.Hello());
        await PassAsync(() => _agent.LastRefusal is not null);
        Assert.InRange(_agent.LastRefusal!.RetryAfterMs, 5_000u, 10_000u);
    }

    [Fact]
    public async Task No_more_is_read_than_the_window_allows()
    {
        var first = new TaskCompletionSource<bool>();
        _backend.Report = (_, batch) => batch.Sequence == 1 ? first.Task : new TaskCompletionSource<bool>().Task;
        await JoinAsync();
        for (var sequence = 1ul; sequence <= AgentOutbox.WindowBatches; sequence++)
        {
            await SayAsync(AgentFrames.Batch(sequence));
        }

        var further = SayAsync(AgentFrames.Batch(AgentOutbox.WindowBatches + 1));
        Assert.False(further.IsCompleted);
        first.SetResult(true);
        await further;
        await SaidAsync("welcome", "ack 1");
    }

    [Fact]
    public async Task A_backend_that_moved_is_joined_again_on_the_same_connection()
    {
        IAgentObserver? old = null;
        _backend.Connect = (_, observer) =>
        {
            old ??= observer;
            return Task.FromResult(new AgentJoined(_backend.Calls.Count, false, null, ""));
        };
        _backend.Report = (session, _) => session == 1
            ? Task.FromException<bool>(new OsmoException(ErrorCode.Moved, "the session has ended"))
            : Task.FromResult(true);
        await JoinAsync();
        await SayAsync(AgentFrames.Batch(1));
        await PassAsync(() => _agent.LastRestart != 0);

        // What it said before it begins again is dropped, and so is what the old owner has to say.
        await SayAsync(AgentFrames.Batch(2), AgentFrames.Hello(), AgentFrames.Hello(_agent.LastRestart));
        await old!.TellAsync(new AgentNews(true, []));
        await old.EndAsync(AgentRefusal.Deleted, "gone");
        await SaidAsync("welcome", "restart", "welcome");
        await SayAsync(AgentFrames.Batch(1));
        await CalledAsync("connect", "report 1/1", "connect", "report 3/1");
        await SaidAsync("welcome", "restart", "welcome", "ack 1");
        Assert.Equal(1, _fake.References);
    }

    [Fact]
    public async Task A_session_that_the_grain_does_not_know_any_more_is_joined_again()
    {
        await JoinAsync();
        _backend.HasSession = _ => ValueTask.FromException<bool>(new TimeoutException("busy"));
        await PassAsync(() => _time.GetUtcNow().Second >= 20);
        Assert.Equal(["welcome"], _agent.Said);

        _backend.HasSession = _ => ValueTask.FromResult(false);
        await PassAsync(() => _agent.LastRestart != 0);
        await SayAsync(AgentFrames.Hello(_agent.LastRestart));
        await SaidAsync("welcome", "restart", "welcome");
    }

    [Fact]
    public async Task An_agent_that_does_not_begin_again_has_to_connect_again()
    {
        await JoinAsync();
        _backend.HasSession = _ => ValueTask.FromResult(false);
        await PassAsync(() => _agent.Said.Contains("complete"));
        Assert.Equal(["welcome", "restart", "refusal Unavailable", "complete"], _agent.Said);
    }

    [Fact]
    public async Task A_backend_that_cannot_be_served_yet_is_tried_while_the_agent_waits()
    {
        var tries = 0;
        _backend.Connect = (_, _) => ++tries switch
        {
            1 => Task.FromException<AgentJoined>(new IOException("no silo")),
            2 => Task.FromResult(new AgentJoined(0, false, AgentRefusal.Unavailable, "the store does not answer")),
            _ => Task.FromResult(new AgentJoined(9, false, null, "")),
        };
        await SayAsync(AgentFrames.Hello());
        await PassAsync(() => !_agent.Said.IsEmpty);
        await SaidAsync("welcome");
        Assert.Equal(3, tries);
        Assert.Equal(1, _fake.References);
    }

    [Theory]
    [InlineData(AgentRefusal.ClusterConflict, "refusal ClusterConflict")]
    [InlineData(AgentRefusal.Occupied, "refusal Occupied")]
    public async Task An_agent_that_the_grain_refuses_is_told_why(AgentRefusal reason, string said)
    {
        _backend.Connect = (_, _) => Task.FromResult(new AgentJoined(0, false, reason, "no"));
        await SayAsync(AgentFrames.Hello());
        await SaidAsync(said, "complete");
        Assert.Equal(0, _fake.References);
    }

    [Fact]
    public async Task An_agent_that_hangs_up_leaves_its_session()
    {
        await JoinAsync();
        await HangUpAsync();
        await CalledAsync("connect", "disconnect 1");
        Assert.Equal(0, _fake.References);
    }

    [Fact]
    public async Task An_agent_that_hangs_up_while_it_is_joined_leaves_the_session_that_comes_of_it()
    {
        var answer = new TaskCompletionSource<AgentJoined>();
        _backend.Connect = (_, _) => answer.Task;
        await SayAsync(AgentFrames.Hello());
        await CalledAsync("connect");
        await HangUpAsync();
        Assert.Equal(["connect"], _backend.Calls);

        answer.SetResult(new AgentJoined(5, false, null, ""));
        await CalledAsync("connect", "disconnect 5");
    }

    [Fact]
    public async Task What_breaks_the_protocol_ends_the_session_at_once()
    {
        await JoinAsync();
        await SayAsync(AgentFrames.Hello());
        await SaidAsync("welcome", "refusal ProtocolError", "complete");
        await CalledAsync("connect", "disconnect 1");
    }

    [Fact]
    public async Task A_batch_that_the_grain_does_not_take_ends_the_conversation()
    {
        _backend.Report = (_, _) => Task.FromResult(false);
        await JoinAsync();
        await SayAsync(AgentFrames.Batch(7));
        await PassAsync(() => _agent.Said.Contains("complete"));
        Assert.Equal(["welcome", "refusal ProtocolError", "complete"], _agent.Said);
    }

    [Fact]
    public async Task Somebody_who_does_not_introduce_himself_is_refused()
    {
        await SayAsync(AgentFrames.Batch(1));
        await SaidAsync("refusal ProtocolError", "complete");
        Assert.Empty(_backend.Calls);
    }

    private async ValueTask HangUpAsync()
    {
        if (!_hasHungUp)
        {
            _hasHungUp = true;
            await _conduit.DisposeAsync();
        }
    }

    private async Task JoinAsync()
    {
        await SayAsync(AgentFrames.Hello());
        await SaidAsync("welcome");
    }

    private Task SayAsync(params AgentMessage[] messages) =>
        _conduit.ReceiveAsync(AgentFrames.Frame(messages), TestContext.Current.CancellationToken).AsTask();

    private Task SaidAsync(params string[] all) => Eventually.HoldsAsync(
        () => _agent.Said.SequenceEqual(all), $"the agent is told {string.Join(", ", all)}", () => string.Join(", ", _agent.Said));

    private Task CalledAsync(params string[] all) => Eventually.HoldsAsync(
        () => _backend.Calls.SequenceEqual(all), $"the grain is told {string.Join(", ", all)}", () => string.Join(", ", _backend.Calls));

    /// <summary>Lets time pass until something holds.</summary>
    private Task PassAsync(Func<bool> condition) => Eventually.HoldsAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            return condition();
        },
        "it comes about");
}
