using Osmo.Cluster.Ownership;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Unit.Tests.Cluster;

/// <summary>
/// Several silos on one table, with pauses, deaths, quick restarts, outages of the database, lost answers and clocks that run at
/// different rates, in an order that a seed decides. Every failure names its seed.
/// </summary>
public sealed class LeaseSimulationTests
{
    private const int Steps = 1_200;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task No_two_write_and_everything_is_owned_again(int seed)
    {
        var world = new LeaseSimulation(seed, clockJumps: false);
        await world.RunAsync(Steps);
        await world.HealAsync();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task The_same_where_the_database_s_clock_jumps(int seed)
    {
        var world = new LeaseSimulation(seed, clockJumps: true);
        await world.RunAsync(Steps);
        await world.HealAsync();
    }
}

/// <summary>A world that a seed makes.</summary>
internal sealed class LeaseSimulation
{
    private const int SilosMax = 5;

    private static readonly LeaseOptions Options = new() { ReadSpacing = TimeSpan.Zero };

    private readonly int _seed;
    private readonly Random _random;
    private readonly bool _clockJumps;
    private readonly ModelOwnershipTable _table = new();
    private readonly List<SimulatedSilo> _silos = [];
    private readonly List<(SimulatedSilo Silo, ShardEpoch Claim)> _late = [];
    private readonly Dictionary<ShardEpoch, SimulatedSilo> _writers = [];
    private readonly long[] _written = new long[BackendShard.Count];
    private TimeSpan _downFor;
    private TimeSpan _jumpedBack;
    private int _refused;
    private int _ids;

    public LeaseSimulation(int seed, bool clockJumps)
    {
        (_seed, _clockJumps, _random) = (seed, clockJumps, new Random(seed));
        _table.LosesAnswer = () => _random.Next(100) < 2;
        _table.TakenOver = (shard, owner) =>
        {
            // Clocks that run at rates within the margin: whoever is taken from has stopped before.
            var silo = _silos.Find(silo => silo.Rights.Incarnation == owner);
            Check(_clockJumps || silo?.Claim(shard) is null, $"shard {shard} was taken from silo {silo?.Id} while it served");
        };
        for (var i = 0; i < 3; i++)
        {
            Start($"silo-{_ids++}");
        }
    }

    public async Task RunAsync(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            Disturb();
            await PassAsync(TimeSpan.FromMilliseconds(_random.Next(20, 250)));
            Write();
        }

        Check(_writers.Count > 100, "hardly anything was written");
    }

    public async Task HealAsync()
    {
        _table.LosesAnswer = () => false;
        _table.IsDown = false;
        _downFor = TimeSpan.Zero;
        _silos.ForEach(silo => silo.PausedFor = TimeSpan.Zero);

        // A clock that jumped back lets the lease of the dead run for longer, by as much.
        var end = _table.Now + TimeSpan.FromSeconds(20) + _jumpedBack;
        while (_table.Now < end)
        {
            Restart();
            await PassAsync(TimeSpan.FromMilliseconds(100));
            Write();
        }

        var serving = _silos.Where(silo => silo.Keeper.State == LeaseState.Serving).ToArray();
        Check(serving.Length > 0, "nobody serves");
        for (var shard = 0; shard < BackendShard.Count; shard++)
        {
            var owners = serving.Where(silo => silo.Claim(shard) is { } claim && _table.Accepts(claim)).ToArray();
            Check(owners.Length == 1, $"shard {shard} has {owners.Length} owners after healing");
        }

        foreach (var silo in serving)
        {
            var owned = _table.Shards.Count(shard => shard.Owner == silo.Rights.Incarnation);
            Check(Math.Abs(owned - (BackendShard.Count / (double)serving.Length)) < 1, $"{silo.Id} owns {owned} of {serving.Length} silos");
        }
    }

    private void Start(string id)
    {
        var silo = new SimulatedSilo(id, _table, Options, 0.96 + (_random.NextDouble() * 0.08));
        silo.Ended = shards => Check(shards.All(shard => silo.Claim(shard) is null), $"{id} still claims a shard whose grains end");
        _silos.Add(silo);
    }

    private void Disturb()
    {
        var silo = _silos[_random.Next(_silos.Count)];
        switch (_random.Next(120))
        {
            case 0 or 1:
                silo.PausedFor = TimeSpan.FromMilliseconds(_random.Next(500, 9_000));
                break;
            case 2 when _silos.Count > 1:
                _silos.Remove(silo);
                break;
            case 3 when _silos.Count < SilosMax:
                Start($"silo-{_ids++}");
                break;
            case 4:
                // A second process with the id of another, which may live.
                Start(silo.Id);
                break;
            case 5 when _downFor <= TimeSpan.Zero:
                _downFor = TimeSpan.FromMilliseconds(_random.Next(200, 8_000));
                break;
            case 6 when _clockJumps:
                var jump = TimeSpan.FromMilliseconds(_random.Next(-6_000, 20_000));
                _table.Now += jump;
                _jumpedBack += jump < TimeSpan.Zero ? -jump : TimeSpan.Zero;
                break;
            default:
                break;
        }

        Restart();
    }

    /// <summary>What runs processes replaces the last one that had to stop.</summary>
    private void Restart()
    {
        _silos.RemoveAll(stopped => stopped.Keeper.State == LeaseState.Superseded);
        if (_silos.Count == 0)
        {
            Start($"silo-{_ids++}");
        }
    }

    private async Task PassAsync(TimeSpan time)
    {
        _table.Now += time;
        _downFor -= time;
        _table.IsDown = _downFor > TimeSpan.Zero;
        foreach (var silo in _silos.OrderBy(_ => _random.Next()).ToArray())
        {
            await silo.PassAsync(time);
            CheckRights();
        }
    }

    /// <summary>Writes under claims, some of them long after the claim: that is what a paused process does when it wakes.</summary>
    private void Write()
    {
        foreach (var silo in _silos)
        {
            if (silo.Claim(_random.Next(BackendShard.Count)) is { } claim)
            {
                _late.Add((silo, claim));
            }
        }

        foreach (var (silo, claim) in _late.Where(_ => _random.Next(3) == 0).ToArray())
        {
            _late.Remove((silo, claim));
            if (!_table.Accepts(claim))
            {
                _refused++;
                continue;
            }

            Check(!_writers.TryGetValue(claim, out var writer) || writer == silo, $"two silos wrote under {claim}");
            Check(claim.Epoch >= _written[claim.Shard], $"{claim} was written after epoch {_written[claim.Shard]}");
            _writers[claim] = silo;
            _written[claim.Shard] = claim.Epoch;
        }
    }

    private void CheckRights()
    {
        for (var shard = 0; shard < BackendShard.Count; shard += 5)
        {
            var right = _silos.Count(silo => silo.Rights.EpochOf(shard) != 0 && silo.Claim(shard) is { } claim && _table.Accepts(claim));
            Check(right <= 1, $"{right} silos hold the newest epoch of shard {shard}");
        }
    }

    private void Check(bool holds, string otherwise) =>
        Assert.True(holds, $"seed {_seed}: {otherwise} ({_refused} late writes were refused)");
}
