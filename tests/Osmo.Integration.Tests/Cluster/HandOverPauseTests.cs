using System.Diagnostics;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>How long nobody claims a shard while it moves.</summary>
public sealed class HandOverPauseTests(SharedPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task Every_shard_of_a_drained_silo_is_claimed_again()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rig = await ClusterRig.StartAsync(await postgres.CreateDatabaseAsync(cancel), cancel);
        var (first, second) = (rig.Start("silo-a"), rig.Start("silo-b"));
        await rig.SettlesAsync(first, second);
        var moving = second.Claims().Keys.ToArray();

        var drained = second.Keeper.DrainAsync(cancel);
        var begun = Stopwatch.GetTimestamp();
        var unownedAt = new long[ClusterRig.Shards];
        var pauses = new List<TimeSpan>();
        while (pauses.Count < moving.Length)
        {
            cancel.ThrowIfCancellationRequested();
            await Task.Yield();
            foreach (var shard in moving)
            {
                if (unownedAt[shard] == 0 && second.Rights.EpochOf(shard) == 0)
                {
                    unownedAt[shard] = Stopwatch.GetTimestamp();
                }

                if (unownedAt[shard] > 0 && first.Rights.EpochOf(shard) != 0)
                {
                    pauses.Add(Stopwatch.GetElapsedTime(unownedAt[shard]));
                    unownedAt[shard] = -1;
                }
            }
        }

        await drained;
        pauses.Sort();
        output.WriteLine(
            $"{pauses.Count} shards in {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:f0} ms; unclaimed for"
            + $" {pauses[pauses.Count / 2].TotalMilliseconds:f1} ms (median), {pauses[^1].TotalMilliseconds:f1} ms (longest)");
        await rig.SettlesAsync(first);
    }
}
