using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>The stream of fleet events: in order, with ids to resume from, without gap or repeat.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private ScriptedAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _agent = await ScriptedAgent.JoinAsync(_server.Url, "east");
        await _agent.ReportAsync([ScriptedNode.Ready("a"), ScriptedNode.Ready("b")], snapshot: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task Nodes_and_backends_come_in_order_with_ids()
    {
        await using var stream = await EventStream.OpenAsync(_server.Http);
        await _agent.ReportAsync([ScriptedNode.NotReady("a")]);
        await _agent.ReportAsync([ScriptedNode.Ready("c")], deleted: "b");
        await _server.ConfigureAsync("east", """{"description":"changed"}""");
        await _server.SendAsync(HttpMethod.Delete, "/api/configs/backend/east", "{}");
        await Eventually.HoldsAsync(
            () => stream.Events.Any(e => e.Name == "backend-deleted"), "the deletion came", () => Text(stream.Events));

        Assert.Equal(["node a", "backend east", "backend-deleted east"], Kinds(stream.Events.Where(e => e.Subject is "a" or "east")));
        Assert.Equal(["node c", "node-deleted b"], Kinds(stream.Events.Where(e => e.Subject is "b" or "c")).Order());
        Assert.False((bool)stream.Events[0].Data["available"]!);
        Assert.Equal(stream.Events.Count, stream.Events.Select(e => e.Id).Distinct().Count());
        Assert.All(stream.Events, e => Assert.NotNull(e.Id));
    }

    [Fact]
    public async Task Nothing_is_lost_between_the_first_line_and_the_first_event()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var stream = await EventStream.OpenAsync(_server.Http);
            var node = $"new-{i}";
            await _agent.ReportAsync([ScriptedNode.Ready(node)]);
            await Eventually.HoldsAsync(() => stream.Events.Any(e => e.Subject == node), $"{node} came", () => Text(stream.Events));
        }
    }

    [Fact]
    public async Task A_stream_is_resumed_without_gap_or_repeat()
    {
        await using var whole = await EventStream.OpenAsync(_server.Http);
        for (var i = 0; i < 30; i++)
        {
            await _agent.ReportAsync([i % 2 == 0 ? ScriptedNode.NotReady("a") : ScriptedNode.Ready("a")]);
        }

        await Eventually.HoldsAsync(() => whole.Events.Count == 30, "thirty events came", () => whole.Events.Count);
        foreach (var from in new[] { 0, 13, 28 })
        {
            await using var byHeader = await EventStream.OpenAsync(_server.Http, lastEventId: whole.Events[from].Id);
            await using var byQuery = await EventStream.OpenAsync(_server.Http, $"?after={whole.Events[from].Id}");
            foreach (var stream in new[] { byHeader, byQuery })
            {
                await Eventually.HoldsAsync(() => stream.Events.Count >= 29 - from, "the rest came");
                Assert.Equal(whole.Events.Skip(from + 1).Select(e => e.Id), stream.Events.Select(e => e.Id));
            }
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("deadbeef-3")]
    [InlineData("-1")]
    public async Task An_id_that_cannot_be_resumed_from_is_told_to_read_anew(string id)
    {
        await using var stream = await EventStream.OpenAsync(_server.Http, lastEventId: id);
        await _agent.ReportAsync([ScriptedNode.NotReady("a")]);
        await Eventually.HoldsAsync(() => stream.Events.Count == 2, "resync and the change came", () => Text(stream.Events));
        Assert.Equal(["resync", "node"], stream.Events.Select(e => e.Name));
        await using var again = await EventStream.OpenAsync(_server.Http, lastEventId: stream.Events[0].Id);
        await Eventually.HoldsAsync(() => again.Events.Count == 1, "the change came");
        Assert.Equal(stream.Events[1].Id, again.Events[0].Id);
    }

    [Fact]
    public async Task An_id_from_too_long_ago_and_one_from_before_a_restart_are_told_to_read_anew()
    {
        const int EventsKept = 16_384;
        await using var first = await EventStream.OpenAsync(_server.Http);
        await _agent.ReportAsync([ScriptedNode.NotReady("a")]);
        await Eventually.HoldsAsync(() => first.Events.Count == 1, "the change came");
        for (var i = 0; i <= EventsKept / 1_000; i++)
        {
            var number = i;
            await _agent.ReportAsync(Enumerable.Range(0, 1_000).Select(n => ScriptedNode.Ready($"node-{number}-{n}")));
        }

        await using (var late = await EventStream.OpenAsync(_server.Http, lastEventId: first.Events[0].Id))
        {
            await Eventually.HoldsAsync(() => late.Events.Count > 0, "an answer came");
            Assert.Equal("resync", late.Events[0].Name);
        }

        await _server.RestartAsync();
        await using var after = await EventStream.OpenAsync(_server.Http, lastEventId: first.Events[0].Id);
        await Eventually.HoldsAsync(() => after.Events.Count > 0, "an answer came");
        Assert.Equal("resync", after.Events[0].Name);
    }

    [Fact]
    public async Task One_backend_can_be_followed_alone()
    {
        await using var stream = await EventStream.OpenAsync(_server.Http, "?backend=west");
        await using var west = await ScriptedAgent.JoinAsync(_server.Url, "west");
        await _agent.ReportAsync([ScriptedNode.NotReady("a")]);
        await west.ReportAsync([ScriptedNode.Ready("w")], snapshot: true);
        await Eventually.HoldsAsync(() => stream.Events.Any(e => e.Subject == "w"), "the other backend's node came");
        Assert.All(stream.Events, e => Assert.Equal("west", (string?)(e.Data["backend"] ?? e.Data["name"])));
        var (status, body, _) = await _server.SendAsync(HttpMethod.Get, "/api/watch?backend=Not_A_Label", null);
        Assert.Equal(422, status);
        Assert.NotNull(body!["detail"]);
    }

    [Fact]
    public async Task Streams_end_when_the_server_stops_and_when_readers_leave_without_an_error()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var passing = await EventStream.OpenAsync(_server.Http);
        }

        await using var stream = await EventStream.OpenAsync(_server.Http);
        await _server.CloseAsync();
        await Eventually.HoldsAsync(() => stream.Ended, "the stream has ended");
        Assert.Empty(_server.Errors);
    }

    private static IEnumerable<string> Kinds(IEnumerable<StreamEvent> events) => events.Select(e => $"{e.Name} {e.Subject}");

    private static string Text(IEnumerable<StreamEvent> events) => string.Join(", ", Kinds(events));
}
