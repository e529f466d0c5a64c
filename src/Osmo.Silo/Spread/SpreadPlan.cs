using System.Collections.Immutable;
using Osmo.Grains.Silos;

namespace Osmo.Silo.Spread;

/// <summary>A backend that should go to another silo.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="To">The silo.</param>
internal readonly record struct SpreadMove(string Backend, SiloAddress To);

/// <summary>
/// Which of its backends a silo gives away. All silos plan by themselves, by the same figures and in the same way: the heaviest silo gives
/// a backend to the lightest, again and again. Each knows the sizes of its own backends only and takes those of others for equal; so
/// together they give about what the lighter ones lack, and what is wrong by then the next round sees. A move never makes the lightest
/// heavier than the one that gives, so nothing goes back and forth.
/// </summary>
internal static class SpreadPlan
{
    /// <summary>Differences below this part of a silo's share are left alone.</summary>
    private const double Margin = 0.05;

    /// <summary>A backend that is larger than the usual one by more than this is moved only if there is no other.</summary>
    private const double UsualSizeMax = 1.5;

    /// <summary>Plans the moves of one round.</summary>
    /// <param name="own">The silo that plans.</param>
    /// <param name="backends">What it runs.</param>
    /// <param name="loads">What the silos that take backends carry, itself among them.</param>
    /// <param name="movesMax">Most moves to plan, for each silo.</param>
    public static ImmutableArray<SpreadMove> Make(
        SiloAddress own,
        IReadOnlyList<(string Backend, long Nodes)> backends,
        IReadOnlyDictionary<SiloAddress, SiloLoad> loads,
        int movesMax)
    {
        if (!loads.ContainsKey(own) || loads.Count < 2)
        {
            return [];
        }

        var moves = ImmutableArray.CreateBuilder<SpreadMove>();
        var silos = loads.OrderBy(entry => entry.Key).Select(entry => new Weighed(entry.Key, entry.Value)).ToArray();
        var left = backends
            .Select(backend => (backend.Backend, Weight: SiloLoad.BackendWeight + backend.Nodes))
            .OrderByDescending(backend => backend.Weight).ThenBy(backend => backend.Backend, StringComparer.Ordinal)
            .ToList();
        var margin = Math.Max(silos.Average(silo => silo.Weight) * Margin, SiloLoad.BackendWeight);
        while (Array.FindAll(silos, silo => silo.Moves < movesMax).MaxBy(silo => silo.Weight) is { } giver)
        {
            var taker = silos.MinBy(silo => silo.Weight)!;
            var gap = giver.Weight - taker.Weight;
            var isOwn = giver.Address.Equals(own);
            var weight = isOwn ? Choose(left, giver.UsualSize, gap / 2) : giver.UsualSize;
            if (gap <= margin || weight == 0 || weight > gap / 2)
            {
                // Nothing that it has would make the difference smaller.
                giver.Moves = movesMax;
                continue;
            }

            if (isOwn)
            {
                var next = left.FindIndex(backend => backend.Weight == weight);
                moves.Add(new SpreadMove(left[next].Backend, taker.Address));
                left.RemoveAt(next);
            }

            giver.Moves++;
            giver.Weight -= weight;
            taker.Weight += weight;
        }

        return moves.DrainToImmutable();
    }

    /// <summary>The weight of the backend to move: one of the usual size, which is what the others count with; 0 if none fits.</summary>
    private static long Choose(List<(string Backend, long Weight)> backends, long usual, long most)
    {
        var largest = Math.Min(most, (long)(usual * UsualSizeMax));
        var fitting = backends.Find(backend => backend.Weight <= largest);
        return fitting.Weight > 0 ? fitting.Weight : backends.FindLast(backend => backend.Weight <= most).Weight;
    }

    /// <summary>A silo with what it will carry after the moves that are planned.</summary>
    private sealed class Weighed(SiloAddress address, SiloLoad load)
    {
        public SiloAddress Address => address;

        public long Weight { get; set; } = load.Weight;

        /// <summary>What one of its backends weighs on average.</summary>
        public long UsualSize { get; } = load.Backends == 0 ? 0 : load.Weight / load.Backends;

        public int Moves { get; set; }
    }
}
