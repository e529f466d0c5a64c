using System.Collections.Concurrent;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Testing;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>Whoever watches the fleet sees what happens to each backend, in order, or is told to read anew.</summary>
public abstract class WatchContract(EngineUnderTest engine) : EngineContract
{
    [Fact]
    public async Task Watchers_see_the_changes_of_every_backend_in_order()
    {
        const int Changes = 12;
        var rig = await engine.SharedAsync();
        var backends = await RegisterAsync(rig, 8);
        Watcher[] watchers = [.. Everywhere(rig).Select(seen => new Watcher(seen.Watch))];
        foreach (var watcher in watchers)
        {
            await watcher.FollowsAsync(rig.Caller, backends);
        }

        await Task.WhenAll(backends.Select(async backend =>
        {
            for (var change = 0; change < Changes; change++)
            {
                await ConfigureAsync(rig.Caller, backend, $"change {change}");
            }
        }));

        var expected = Enumerable.Range(0, Changes).Select(change => $"change {change}").ToArray();
        foreach (var watcher in watchers)
        {
            foreach (var backend in backends)
            {
                await Eventually.HoldsAsync(() => watcher.Saw(backend, expected[^1]), $"the last change of {backend} is seen");
                Assert.Equal(expected, watcher.Descriptions(backend).Where(text => text.StartsWith("change", StringComparison.Ordinal)));
            }

            await watcher.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_watcher_that_comes_back_resumes_and_one_that_cannot_is_told()
    {
        var rig = await engine.SharedAsync();
        var backend = await RegisterAsync(rig);
        string? id;
        await using (var first = new Watcher(rig.Caller.Watch))
        {
            await first.FollowsAsync(rig.Caller, [backend]);
            id = first.LastId;
        }

        await ConfigureAsync(rig.Caller, backend, "meanwhile");
        await using var resumed = new Watcher(rig.Caller.Watch, id);
        await Eventually.HoldsAsync(() => resumed.Saw(backend, "meanwhile"), "what happened meanwhile is seen");
        await using var lost = new Watcher(rig.Caller.Watch, "0-0");
        await Eventually.HoldsAsync(() => lost.Losses > 0, "it is told to read anew");
    }

    /// <summary>Somebody who watches the fleet, and remembers what it was told.</summary>
    private protected sealed class Watcher : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<FleetWatchItem> _seen = [];
        private readonly Task _watching;

        public Watcher(IFleetWatch watch, string? after = null) => _watching = Task.Run(async () =>
        {
            await foreach (var item in watch.FollowAsync(after, _stop.Token))
            {
                _seen.Enqueue(item);
            }
        });

        /// <summary>How often it was told to read anew.</summary>
        public int Losses => _seen.Count(item => item.Event is null);

        public string? LastId => _seen.LastOrDefault().Id;

        /// <summary>Every description of a backend that it was told, in order; the same again where something else changed.</summary>
        public IEnumerable<string> Descriptions(BackendName backend) => _seen
            .Where(item => item.Event is { Kind: FleetEventKind.BackendChanged, View.Record: not null } && item.Event.Backend == backend)
            .Select(item => item.Event!.View!.Record!.Config.Description);

        public bool Saw(BackendName backend, string description) => Descriptions(backend).Contains(description);

        /// <summary>Waits until it hears of some backends, by changing them until it does.</summary>
        public async Task FollowsAsync(IGrainEngine caller, IEnumerable<BackendName> backends)
        {
            foreach (var backend in backends)
            {
                var mark = $"mark {Guid.NewGuid():N}";
                for (var attempt = 0; !Descriptions(backend).Any(text => text.StartsWith(mark, StringComparison.Ordinal)); attempt++)
                {
                    Assert.False(_watching.IsFaulted, $"{_watching.Exception}");
                    Cancel.ThrowIfCancellationRequested();
                    await ConfigureAsync(caller, backend, $"{mark} {attempt}");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _watching);
            _stop.Dispose();
        }
    }
}

/// <summary>Of engines of many processes: a silo may end that had something to tell.</summary>
public abstract class ClusterWatchContract(ClusterUnderTest engine) : WatchContract(engine)
{
    [Fact]
    public async Task A_watcher_is_told_to_read_anew_when_a_silo_ends_and_sees_what_follows()
    {
        await using var rig = await engine.StartClusterAsync(new RigOptions { Silos = 3, Silence = RigOptions.ShortSilence });
        var backends = await RegisterAsync(rig, 6);
        await using var watcher = new Watcher(rig.Caller.Watch);
        await watcher.FollowsAsync(rig.Caller, backends);
        foreach (var inGoodOrder in (bool[])[true, false])
        {
            var losses = watcher.Losses;
            await (inGoodOrder ? rig.StopAsync(rig.Silos[0]) : rig.EndAsync(rig.Silos[0]));
            await Eventually.HoldsAsync(() => watcher.Losses > losses, "it is told to read anew");
            await watcher.FollowsAsync(rig.Caller, backends);
        }
    }
}
