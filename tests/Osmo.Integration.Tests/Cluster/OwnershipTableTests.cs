using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Storage;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Osmo.Unit.Tests.Cluster;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>
/// The statements of PostgreSQL and the model that simulations run on do the same, whatever they are asked: with epochs that are too old
/// or too new, owners and recipients that live, are dead, or never were.
/// </summary>
public sealed class OwnershipTableTests(SharedPostgres postgres, ITestOutputHelper output)
{
    private const int Steps = 400;

    private static readonly TimeSpan Alive = TimeSpan.FromHours(1);
    private static readonly TimeSpan Dead = TimeSpan.FromHours(-1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_database_does_what_the_model_says()
    {
        var seed = Seed.Next(output.WriteLine);
        var random = new Random(seed);
        await using var rig = await ClusterRig.StartAsync(await postgres.CreateDatabaseAsync(Cancel), Cancel);
        var model = new ModelOwnershipTable();
        IOwnershipTable[] tables = [rig.Table, model];
        for (var step = 0; step < Steps; step++)
        {
            var act = Next(random, model);
            var results = new List<string>();
            foreach (var table in tables)
            {
                var result = await act.Do(table);
                results.Add($"{act.What}: {result}\n{Describe(await table.ReadAsync(Cancel))}");
            }

            Assert.Equal(results[1], results[0]);
        }

        Assert.Contains(model.Shards, shard => shard.Epoch > 3);
    }

    /// <summary>Something to do; the same for every table.</summary>
    private static (string What, Func<IOwnershipTable, Task<string>> Do) Next(Random random, ModelOwnershipTable model)
    {
        var silos = model.Incarnations;

        // Mostly one of the last that were entered: those have rows.
        var (one, other) = (silos + 1 - random.Next(7), silos + 1 - random.Next(7));
        var giver = model.Shards[random.Next(12)].Owner ?? one;
        var lease = random.Next(3) == 0 ? Dead : Alive;
        var shards = Enumerable.Range(0, 12).Where(_ => random.Next(3) == 0)
            .Select(shard => new ShardEpoch(shard, Math.Max(model.Shards[shard].Epoch + (random.Next(4) == 0 ? random.Next(-1, 2) : 0), 0)))
            .ToArray();
        switch (random.Next(silos == 0 ? 1 : 12))
        {
            case 0 or 1:
                var silo = new SiloRegistration($"silo-{random.Next(4)}", new Uri("http://127.0.0.1:1"), "1", 1);
                return ($"register {silo.Id}", async table => $"{await table.RegisterAsync(silo, lease, Cancel)}");
            case 2 or 3:
                var report = new SiloReport(random.Next(4) == 0, 1, 2);
                return ($"renew {one} for {lease}", async table => $"{await table.RenewAsync(one, report, lease, Cancel)}");
            case 4 or 5 or 6 or 7:
                return ($"{one} claims", async table => Join(await table.ClaimAsync(one, shards, Cancel)));
            case 8 or 9:
                return ($"{giver} hands over to {other}", async table => Join(await table.HandOverAsync(giver, shards, other, Cancel)));
            case 10 when random.Next(3) == 0:
                return ($"{one} leaves", async table =>
                {
                    await table.LeaveAsync(one, Cancel);
                    return "";
                }
                );
            case 11 when random.Next(3) == 0:
                return ("forget", async table =>
                {
                    await table.ForgetAsync(TimeSpan.FromMinutes(1), Cancel);
                    return "";
                }
                );
            default:
                return ("compare", async table => Join(await table.FindLostAsync(shards, Cancel)));
        }
    }

    private static string Join(IEnumerable<ShardEpoch> shards) => string.Join(' ', shards.OrderBy(shard => shard.Shard));

    private static string Describe(OwnershipSnapshot table) =>
        string.Join(' ', table.Silos.Select(silo => $"{silo.Incarnation}={silo.Id},{silo.LeaseLeft > TimeSpan.Zero},{silo.Draining}"))
        + string.Join(' ', table.Shards.Take(12));
}
