using Npgsql;
using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Histories;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>
/// The database goes away under load, comes back, is replaced, gets slow, or has no room left. Nothing that was acknowledged is lost,
/// the silos' memory stays bounded, and probes tell the truth.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class DatabaseTests(DatabaseScene shared, ITestOutputHelper output) : IClassFixture<DatabaseScene>
{
    private const int Backends = 12;
    private const int DiskMegabytes = 160;
    private const long GrowthBytesMax = 300_000_000;

    private static readonly TimeSpan SlowStatement = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_restarted()
    {
        var (postgres, scene) = (shared.Postgres, await ContinueAsync());
        foreach (var how in new[] { PostgresStop.Fast, PostgresStop.Immediate })
        {
            await postgres.StopAsync(how);
            foreach (var silo in scene.Rig.Silos)
            {
                await Eventually.AgreesAsync(
                    async () => await silo.UnreadyAsync() is null ? "it says that it is ready" : null,
                    $"{silo.Name} says that it is not ready without a database");
                Assert.Equal("ok", await silo.Http.GetStringAsync("/healthz", Cancel));
            }

            await postgres.StartAgainAsync(Cancel);
            await scene.Rig.ReadyAsync();
            await scene.Load.AdvancesAsync();
        }

        // At once, before anybody has noticed.
        await postgres.RestartAsync(PostgresStop.Immediate, Cancel);
        await scene.Load.AdvancesAsync();
        output.WriteLine(await scene.CheckAsync("restarts of the database"));
    }

    [Fact]
    public async Task It_stands_still()
    {
        var (postgres, scene) = (shared.Postgres, await ContinueAsync());
        await postgres.PauseAsync();
        foreach (var silo in scene.Rig.Silos)
        {
            await Eventually.AgreesAsync(
                async () => await silo.UnreadyAsync() is null ? "it says that it is ready" : null,
                $"{silo.Name} says that it is not ready");
        }

        await postgres.ResumeAsync();
        await scene.Load.AdvancesAsync();
        output.WriteLine(await scene.CheckAsync("a database that stood still"));
    }

    [Fact]
    public async Task Its_standby_is_promoted()
    {
        await using var primary = await PostgresServer.StartAsync(cancellationToken: Cancel);
        var database = await primary.CreateDatabaseAsync(Cancel);
        await using var standby = await primary.StartStandbyAsync(Cancel);
        var either = new NpgsqlConnectionStringBuilder(database)
        {
            Host = $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}",
            TargetSessionAttributes = "primary",
        };
        either.Remove("Port");
        await using var scene = await StartAsync(either.ConnectionString);
        await primary.StopAsync(PostgresStop.Immediate);
        await standby.PromoteAsync(Cancel);
        await scene.Rig.ReadyAsync();
        await scene.Load.AdvancesAsync();
        output.WriteLine(await scene.CheckAsync("a standby that took over"));
    }

    [Fact]
    public async Task It_takes_half_a_second_for_every_statement()
    {
        var scene = await ContinueAsync();
        var before = ResidentBytes(scene);
        foreach (var process in scene.Rig.Processes)
        {
            scene.Rig.Links!.ToDatabase(process.Name).DelayToClient = SlowStatement;
        }

        // Slow, and not down: clients are served, all backends, and every silo stays.
        await scene.Load.AdvancesAsync(100);
        await scene.Load.EveryBackendAcceptsAWriteAsync();
        await scene.Rig.ReadyAsync();
        CheckMemory(scene, before);
        scene.Rig.Links!.Heal();
        output.WriteLine(await scene.CheckAsync("a slow database"));
    }

    [Fact]
    public async Task Its_disk_is_full()
    {
        await using var disk = await SmallDisk.MountAsync(DiskMegabytes);
        await using var postgres = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Folder = disk.Path,
            Settings = new Dictionary<string, string> { ["max_wal_size"] = "32MB" },
        }, Cancel);
        await using var scene = await StartAsync(await postgres.CreateDatabaseAsync(Cancel));
        var before = ResidentBytes(scene);
        await disk.FillAsync();
        await Eventually.AgreesAsync(
            async () => await scene.Load.WriteOnceAsync(scene.Fleet.Names[0]) == RegisterOutcome.Unknown ? null : "a write was taken",
            "the disk is full");

        // For as long as it lasts, agents report on, clients try again, and what is there can be read.
        var until = scene.Fleet.Changes + 300;
        await Eventually.HoldsAsync(() => scene.Fleet.Changes >= until, "clusters changed");
        var gateway = scene.Rig.Gateways[0].Http;
        await Eventually.AgreesAsync(
            async () => await ConfigRegister.ReadAsync(gateway, scene.Fleet.Names[0], Cancel) is { Kind: not AnswerKind.Ok } answer
                ? answer.Text
                : null,
            "configurations are read from a database that is full");

        // When it needs room for its log, the database ends; so does the readiness of all that need it, and not their lives.
        await LogIsFullAsync(postgres);
        foreach (var silo in scene.Rig.Silos)
        {
            await Eventually.AgreesAsync(
                async () => await silo.UnreadyAsync() is null ? "it says that it is ready" : null, $"{silo.Name} is not ready");
            Assert.True(silo.IsRunning);
        }

        CheckMemory(scene, before);
        disk.Free();
        await postgres.StartAgainAsync(Cancel);
        await scene.Rig.ReadyAsync();
        await scene.Load.AdvancesAsync();
        output.WriteLine(await scene.CheckAsync("a full disk"));
    }

    /// <summary>Has the database begin one file of its log after the other until it cannot.</summary>
    private static Task LogIsFullAsync(PostgresServer postgres) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                await postgres.ExecuteAsync("SELECT pg_switch_wal()", Cancel);
            }
            catch (NpgsqlException)
            {
                // It is about to end.
            }

            return postgres.IsRunning ? "it runs" : null;
        },
        "the database ends, because its log has no room");

    private static long[] ResidentBytes(ClusterScene scene) => [.. scene.Rig.Silos.Select(silo => silo.ResidentBytes)];

    private static void CheckMemory(ClusterScene scene, long[] before)
    {
        foreach (var (bytes, silo) in before.Zip(scene.Rig.Silos))
        {
            var growth = silo.ResidentBytes - bytes;
            Assert.True(growth < GrowthBytesMax, $"{silo.Name} grew by {growth / 1e6:F0} MB.");
        }
    }

    private async Task<ClusterScene> StartAsync(string connectionString)
    {
        Seed.Print(shared.Seed, output.WriteLine);
        return await ClusterScene.StartAsync(connectionString, Backends, new RecordedLoadOptions { Seed = shared.Seed });
    }

    /// <summary>The cluster that tests share which leave its database server as it was.</summary>
    private async Task<ClusterScene> ContinueAsync()
    {
        Seed.Print(shared.Seed, output.WriteLine);
        shared.Scene.Rig.Links!.Heal();
        await shared.Scene.ContinueAsync();
        return shared.Scene;
    }
}
