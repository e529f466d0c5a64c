using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Postgres;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>The stream of fleet events at a gateway, whose events come from several silos.</summary>
public sealed class ClusterWatchTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const int Backends = 6;

    private readonly List<ScriptedAgent> _agents = [];
    private OsmoServer _first = null!;
    private OsmoServer _second = null!;
    private OsmoServer _gateway = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        _first = await TestMember.StartAsync(database, "silo-a", ServerRoles.Silo);
        _second = await TestMember.StartAsync(database, "silo-b", ServerRoles.Silo);
        _gateway = await TestMember.StartAsync(database, "gateway", ServerRoles.Gateway);
        _http = new HttpClient { BaseAddress = _gateway.Url };
        for (var i = 0; i < Backends; i++)
        {
            var agent = await ScriptedAgent.JoinAsync(_gateway.Url, $"backend-{i}");
            await agent.ReportAsync([ScriptedNode.Ready($"node-{i}")], snapshot: true);
            _agents.Add(agent);
        }

        await Eventually.AgreesAsync(
            async () =>
            {
                var silos = await SilosAsync();
                return silos.Distinct().Count() == 2 ? null : string.Join(' ', silos);
            },
            "both silos carry backends");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        _http.Dispose();
        await _gateway.DisposeAsync();
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_with_the_events_of_two_silos_is_resumed_without_gap_or_repeat()
    {
        await using var whole = await EventStream.OpenAsync(_http);
        await FollowsAllAsync(whole);
        var begins = whole.Events.Count;
        await ReportAsync(ready: false);
        await ReportAsync(ready: true);
        await Eventually.HoldsAsync(() => whole.Events.Count == begins + 2 * Backends, "two events for each backend", () => Text(whole));
        for (var from = begins; from < whole.Events.Count; from++)
        {
            await using var again = await EventStream.OpenAsync(_http, lastEventId: whole.Events[from].Id);
            var rest = whole.Events.Skip(from + 1).Select(item => item.Id).ToArray();
            await Eventually.HoldsAsync(() => again.Events.Count >= rest.Length, "the rest came", () => Text(again));
            Assert.Equal(rest, again.Events.Select(item => item.Id));
        }
    }

    [Fact]
    public async Task A_silo_that_ends_makes_its_watchers_read_anew_and_the_stream_goes_on()
    {
        await using var stream = await EventStream.OpenAsync(_http);
        await FollowsAllAsync(stream);
        var seen = stream.Events.Count;

        await _second.DisposeAsync();

        await Eventually.HoldsAsync(
            () => stream.Events.Skip(seen).Any(item => item.Name == "resync"), "watchers read anew", () => Text(stream));
        await Eventually.AgreesAsync(
            async () => await SilosAsync() is var silos && silos.All(silo => silo == "silo-a") ? null : string.Join(' ', silos),
            "the other silo has all backends");
        await _http.PatchAsJsonAsync("api/configs/backend/backend-0", new { description = "changed" }, Cancel);
        await Eventually.HoldsAsync(
            () => stream.Events.Skip(seen).Any(item => item.Name == "backend" && item.Subject == "backend-0"),
            "what happens there is told",
            () => Text(stream));
        Assert.False(stream.Ended);
    }

    /// <summary>Waits until both silos are followed: watchers are told to read anew when that has begun.</summary>
    private static Task FollowsAllAsync(EventStream stream) => Eventually.HoldsAsync(
        () => stream.Events.Count(item => item.Name == "resync") >= 2, "both silos are followed", () => Text(stream));

    private async Task ReportAsync(bool ready)
    {
        for (var i = 0; i < Backends; i++)
        {
            await _agents[i].ReportAsync([ready ? ScriptedNode.Ready($"node-{i}") : ScriptedNode.NotReady($"node-{i}")]);
        }
    }

    private async Task<string?[]> SilosAsync() => await Task.WhenAll(Enumerable.Range(0, Backends).Select(async i =>
        (string?)(await _http.GetFromJsonAsync<JsonObject>($"api/backends/backend-{i}/placement", Cancel))!["silo"]));

    private static string Text(EventStream stream) =>
        string.Join(", ", stream.Events.Select(item => $"{item.Id} {item.Name} {item.Subject}"));
}
