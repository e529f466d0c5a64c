using System.Net;
using Orleans.Runtime;
using Osmo.Grains.Silos;
using Osmo.Silo.Spread;
using Xunit;

namespace Osmo.Unit.Tests.Spread;

/// <summary>Silos that all plan by themselves and by the same figures, as they do in a cluster.</summary>
public sealed class SpreadPlanTests
{
    private const int MovesMax = 24;
    private const int RoundsMax = 100;

    [Theory]
    [InlineData(3, 100)]
    [InlineData(20, 33)]
    [InlineData(1, 1)]
    public void A_silo_that_joins_gets_its_share_and_nothing_moves_twice(int silos, int backendsEach)
    {
        var cluster = new Cluster([.. Enumerable.Range(0, silos).Select(_ => Enumerable.Repeat(1_000L, backendsEach)), []]);

        var rounds = cluster.Settle();

        Assert.InRange(rounds, 0, 15);
        Assert.All(cluster.MovesOfBackends, moves => Assert.Equal(1, moves));
        var share = cluster.Weights.Average();
        Assert.All(cluster.Weights, weight => Assert.InRange(weight, share - (share * 0.1) - 1_100, share + (share * 0.1) + 1_100));
    }

    [Fact]
    public void Silos_that_carry_the_same_keep_what_they_have()
    {
        var cluster = new Cluster([[1_000, 500], [500, 1_000], [1_500, 0]]);

        Assert.Equal(0, cluster.Round());
    }

    [Fact]
    public void A_backend_that_is_all_of_the_difference_stays()
    {
        var cluster = new Cluster([[50_000], []]);

        Assert.Equal(0, cluster.Round());
    }

    [Fact]
    public void Large_backends_move_if_that_makes_the_difference_smaller()
    {
        var cluster = new Cluster([[50_000, 40_000], []]);

        cluster.Settle();

        Assert.Equal(new long[] { 50_100, 40_100 }, cluster.Weights.OrderDescending());
    }

    [Fact]
    public void Whatever_the_sizes_it_settles_and_the_heaviest_silo_does_not_get_heavier()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var cluster = new Cluster([.. Enumerable.Range(0, random.Next(2, 8)).Select(_ => RandomSizes(random))]);
            var heaviest = cluster.Weights.Max();

            var rounds = cluster.Settle();

            Assert.True(rounds < RoundsMax, $"seed {seed}: still moves after {rounds} rounds");
            Assert.True(cluster.Weights.Max() <= heaviest, $"seed {seed}: {heaviest} became {cluster.Weights.Max()}");
        }
    }

    [Fact]
    public void A_silo_that_is_alone_or_not_among_the_others_plans_nothing()
    {
        var (own, other) = (Address(1), Address(2));
        (string Backend, long Nodes)[] backends = [("a", 1_000), ("b", 1_000)];

        Assert.Empty(SpreadPlan.Make(own, backends, new Dictionary<SiloAddress, SiloLoad> { [own] = Load(2, 2_000) }, MovesMax));
        Assert.Empty(SpreadPlan.Make(own, backends, new Dictionary<SiloAddress, SiloLoad> { [other] = Load(0, 0) }, MovesMax));
    }

    private static long[] RandomSizes(Random random) =>
        [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => (long)Math.Pow(10, random.NextDouble() * 5))];

    private static SiloAddress Address(int number) => SiloAddress.New(IPAddress.Loopback, 11_111, number);

    private static SiloLoad Load(int backends, long nodes) => new("1", backends, nodes, Draining: false, StoreAnswers: true);

    private sealed class Cluster
    {
        private readonly Dictionary<SiloAddress, List<(string Backend, long Nodes)>> _silos = [];
        private readonly Dictionary<string, int> _moves = [];

        public Cluster(IEnumerable<long>[] silos)
        {
            for (var i = 0; i < silos.Length; i++)
            {
                _silos.Add(Address(i + 1), [.. silos[i].Select((nodes, k) => ($"b{i}-{k}", nodes))]);
            }
        }

        public IEnumerable<long> Weights => _silos.Values.Select(backends => LoadOf(backends).Weight);

        public IEnumerable<int> MovesOfBackends => _moves.Values;

        /// <returns>After how many rounds nothing moved any more.</returns>
        public int Settle()
        {
            var rounds = 0;
            while (rounds < RoundsMax && Round() > 0)
            {
                rounds++;
            }

            return rounds;
        }

        /// <returns>How many backends moved.</returns>
        public int Round()
        {
            var loads = _silos.ToDictionary(silo => silo.Key, silo => LoadOf(silo.Value));
            var plans = _silos.ToDictionary(silo => silo.Key, silo => SpreadPlan.Make(silo.Key, silo.Value, loads, MovesMax));
            foreach (var (from, moves) in plans)
            {
                Assert.InRange(moves.Length, 0, MovesMax);
                foreach (var move in moves)
                {
                    var backend = _silos[from].Single(one => one.Backend == move.Backend);
                    _silos[from].Remove(backend);
                    _silos[move.To].Add(backend);
                    _moves[move.Backend] = _moves.GetValueOrDefault(move.Backend) + 1;
                }
            }

            return plans.Values.Sum(moves => moves.Length);
        }

        private static SiloLoad LoadOf(List<(string Backend, long Nodes)> backends) => Load(backends.Count, backends.Sum(one => one.Nodes));
    }
}
