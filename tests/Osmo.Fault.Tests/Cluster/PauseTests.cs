using Npgsql;
using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Network;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// A silo stands still while clients write, for so long that the others take it for dead, and goes on: what it had in its hands is refused
/// by the store, for others own its backends by then. It ends, and is started again.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class PauseTests(CutScene cut, ITestOutputHelper output) : IClassFixture<CutScene>, IAsyncLifetime
{
    private const int Rounds = 2;
    private const string Refused = "belongs to another activation by now";

    private readonly ClusterScene _scene = cut.Scene;

    public async ValueTask InitializeAsync()
    {
        Seed.Print(cut.Seed, output.WriteLine);
        await _scene.ContinueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _scene.Rig.Links!.Heal();
        foreach (var process in _scene.Rig.Processes.Where(process => process.IsRunning))
        {
            await process.Process.ResumeAsync();
        }
    }

    [Fact]
    public async Task A_paused_silo_goes_on_and_serves_again()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var silo = _scene.Rig.Silos[(cut.Seed + round) % _scene.Rig.Silos.Count];
            await silo.Process.PauseAsync();
            await _scene.Load.EveryBackendAcceptsAWriteAsync();
            await IsTakenForDeadAsync(silo);
            await silo.ResumeAsync();
            await _scene.Load.AdvancesAsync();
        }

        output.WriteLine(await _scene.CheckAsync("pauses"));
    }

    [Fact]
    public async Task Writes_that_were_on_their_way_are_refused()
    {
        var silo = _scene.Rig.Silos[0];
        var line = _scene.Rig.Links!.ToDatabase(silo.Name);
        var before = silo.Log.Count();

        await PauseWithWritesOnTheirWayAsync(silo, line);
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await IsTakenForDeadAsync(silo);
        line.StallsToServer = false;
        await silo.ResumeAsync();
        await Eventually.HoldsAsync(
            () => silo.Log.Skip(before).Any(entry => entry.Contains(Refused, StringComparison.Ordinal)),
            "the silo says that its writes were refused",
            () => string.Join('\n', silo.Log.TakeLast(20)));
        output.WriteLine(await _scene.CheckAsync("a pause with writes on their way"));
    }

    /// <summary>It may have given its backends up by itself before: then they are elsewhere, and it is a member still.</summary>
    private Task IsTakenForDeadAsync(ClusterProcess silo) => Eventually.AgreesAsync(
        async () => (await _scene.Rig.Api.GetAsync("/api/silos"))["silos"]!.AsArray()
            .Any(member => member!["name"]!.ToString() == silo.Name && member["status"]!.ToString() == "Active")
                ? "it is active"
                : null,
        $"{silo.Name} is taken for dead");

    /// <summary>
    /// What the silo sends stays on the way, commits among it; then the silo stands still, so that it cannot take anything back. Every
    /// client may wait for it meanwhile, and it ends by itself if it does not reach the database for long: then it is done again.
    /// </summary>
    private async Task PauseWithWritesOnTheirWayAsync(ClusterProcess silo, TcpProxy line)
    {
        while (true)
        {
            var ends = silo.Ends;
            line.StallsToServer = true;
            await _scene.Load.AdvancesAsync(writes: 5);
            if (silo.Ends == ends && silo.IsRunning)
            {
                await silo.Process.PauseAsync();
                if (silo.Ends == ends && silo.IsRunning)
                {
                    return;
                }
            }

            line.StallsToServer = false;
            await silo.ReadyAsync();
        }
    }

    /// <summary>
    /// A silo that stands still in the middle of sending a large commit leaves a transaction open that has passed the fence: it holds the
    /// rows of its backends, and the connection looks alive. The other half never comes.
    /// </summary>
    [Fact]
    public async Task A_commit_that_was_sent_by_half_does_not_hold_its_backends_for_ever()
    {
        var cancel = TestContext.Current.CancellationToken;
        var owned = _scene.Fleet.Names[0];
        var owner = (await _scene.Rig.Api.GetAsync($"/api/backends/{owned}/placement"))["silo"]!.ToString();
        var silo = _scene.Rig.Silos.Single(silo => silo.Name == owner);
        await using var connection = new NpgsqlConnection($"{_scene.Rig.ConnectionString};Application Name=osmo;Pooling=false");
        await connection.OpenAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var fence = new NpgsqlCommand(
            "SELECT activation FROM backend WHERE name = $1 FOR SHARE", connection, transaction);
        fence.Parameters.Add(new NpgsqlParameter { Value = owned });
        await fence.ExecuteNonQueryAsync(cancel);

        await silo.KillAsync();
        await _scene.Load.EveryBackendAcceptsAWriteAsync();
        await silo.StartAsync();
        output.WriteLine(await _scene.CheckAsync("a commit that was sent by half"));
    }
}
