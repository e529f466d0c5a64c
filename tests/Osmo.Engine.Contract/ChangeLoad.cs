using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Testing;

namespace Osmo.Engine.Contract;

/// <summary>
/// One writer for each of some backends, over several processes in turn: each says the next number when the last one is acknowledged,
/// and says it again, as the same request, where nobody could be reached.
/// </summary>
internal sealed class ChangeLoad
{
    private readonly IReadOnlyList<IGrainEngine> _engines;
    private readonly ConcurrentQueue<OsmoException> _failures = [];
    private readonly Dictionary<BackendName, List<string>> _acknowledged;
    private readonly Task _writing;
    private volatile bool _stop;

    public ChangeLoad(IReadOnlyList<IGrainEngine> engines, IEnumerable<BackendName> backends)
    {
        _engines = engines;
        _acknowledged = backends.ToDictionary(backend => backend, _ => new List<string>());
        _writing = Task.WhenAll(_acknowledged.Keys.Select(backend => Task.Run(() => WriteAsync(backend))));
    }

    /// <summary>Calls that failed.</summary>
    public IReadOnlyCollection<OsmoException> Failures => _failures;

    /// <summary>What was acknowledged, in order.</summary>
    public IReadOnlyList<string> Acknowledged(BackendName backend)
    {
        lock (_acknowledged[backend])
        {
            return [.. _acknowledged[backend]];
        }
    }

    /// <summary>Waits until some more changes of every backend are acknowledged.</summary>
    public async Task ProgressAsync(int more)
    {
        var goals = _acknowledged.Keys.ToDictionary(backend => backend, backend => Acknowledged(backend).Count + more);
        await Eventually.HoldsAsync(
            () => _writing.IsFaulted || goals.All(goal => Acknowledged(goal.Key).Count >= goal.Value),
            "every backend is written to",
            () => string.Join(", ", goals.Where(goal => Acknowledged(goal.Key).Count < goal.Value).Select(goal => goal.Key)));
        if (_writing.IsFaulted)
        {
            await _writing;
        }
    }

    /// <summary>Ends when what is under way is answered.</summary>
    public async Task EndAsync()
    {
        _stop = true;
        await _writing;
    }

    private async Task WriteAsync(BackendName backend)
    {
        for (var number = 0; !_stop; number++)
        {
            var text = number.ToString(CultureInfo.InvariantCulture);
            var edit = new ReplaceFields(JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["description"] = text }));
            var audit = Audit.System with { Request = new RequestId($"load {text}", number) };
            for (var attempt = 0; !await TryAsync(_engines[(number + attempt) % _engines.Count], backend, edit, audit); attempt++)
            {
            }

            lock (_acknowledged[backend])
            {
                _acknowledged[backend].Add(text);
            }
        }
    }

    private async Task<bool> TryAsync(IGrainEngine engine, BackendName backend, ConfigEdit edit, Audit audit)
    {
        try
        {
            await engine.GetBackend(backend).ConfigureAsync(edit, audit, null, CancellationToken.None);
            return true;
        }
        catch (OsmoException failure) when (failure.Code is ErrorCode.Unavailable)
        {
            _failures.Enqueue(failure);
            return false;
        }
    }
}
