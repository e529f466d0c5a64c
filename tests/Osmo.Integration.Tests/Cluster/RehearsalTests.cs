using Npgsql;
using Osmo.Testing;
using Osmo.Testing.Cluster;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>What a silo plays through before it joins runs against the cluster's database, and leaves nothing there.</summary>
public sealed class RehearsalTests(SharedPostgres postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_comes_before_the_silo_joins_and_leaves_nothing()
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var rig = await Osmo.Testing.Cluster.ClusterRig.StartAsync(database, new ClusterOptions { Silos = 1, Gateways = 1 });
        var silo = rig.Silos[0];
        await Eventually.HoldsAsync(() => Lines(silo, "joined the cluster").Length == 1, "the silo joined", () => silo.Log);

        string[] log = [.. silo.Log];
        Assert.True(IndexOf(log, "Rehearsed in") < IndexOf(log, "joined the cluster"), string.Join('\n', log));
        Assert.Empty(Lines(silo, "warn: "));
        await using var source = NpgsqlDataSource.Create(database);
        string[] empty =
            ["backend", "node", "node_facts", "config_history WHERE revision > 1", "config_revision WHERE revision > 1"];
        foreach (var table in empty)
        {
            await using var command = source.CreateCommand($"SELECT count(*) FROM {table}");
            Assert.True((long)(await command.ExecuteScalarAsync(Cancel))! == 0, $"{table} is not empty");
        }
    }

    private static string[] Lines(ClusterProcess silo, string text) =>
        [.. silo.Log.Where(line => line.Contains(text, StringComparison.Ordinal))];

    private static int IndexOf(string[] log, string text)
    {
        var at = Array.FindIndex(log, line => line.Contains(text, StringComparison.Ordinal));
        Assert.True(at >= 0, $"\"{text}\" is not in the log:\n{string.Join('\n', log)}");
        return at;
    }
}
