using Microsoft.Extensions.Logging;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// What this process knows of the table: the last reading, kept fresh by notifications, by a poll where none come, and by
/// whoever needs to know it now. Readings follow one another, never two at a time, so that the newest is always the last.
/// </summary>
internal sealed class OwnershipWatch : IAsyncDisposable
{
    private static readonly TimeSpan ListenPauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ListenPauseMax = TimeSpan.FromSeconds(2);

    private readonly IOwnershipTable _table;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OwnershipWatch> _logger;
    private readonly Coalescer<bool, TableReading> _readings;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loops = Task.CompletedTask;
    private TableReading? _current;
    private long _begun;
    private bool _failing;

    public OwnershipWatch(IOwnershipTable table, LeaseOptions options, TimeProvider time, ILogger<OwnershipWatch> logger)
    {
        _table = table;
        _options = options;
        _time = time;
        _logger = logger;
        _readings = new(1, _ => ReadAsync());
    }

    /// <summary>Called after every reading, in order, before anybody who waits for it goes on. Must be quick.</summary>
    public event Action<TableReading>? Read;

    /// <summary>The last reading; null before the first.</summary>
    public TableReading? Current => Volatile.Read(ref _current);

    /// <summary>How many readings have begun. What a reading with a greater number says was true after this was asked.</summary>
    public long ReadingsBegun => Interlocked.Read(ref _begun);

    /// <summary>How long ago the last reading began; null before the first.</summary>
    public TimeSpan? Age => Current is { } reading ? _time.GetElapsedTime(reading.BegunAt) : null;

    /// <summary>Begins to listen and to poll.</summary>
    public void Start() => _loops = Task.WhenAll(ListenAsync(_stopping.Token), PollAsync(_stopping.Token));

    /// <summary>A reading that begins after this call; those who wait together share it.</summary>
    /// <exception cref="OsmoException">The database does not answer (<see cref="ErrorCode.Unavailable"/>).</exception>
    public Task<TableReading> RefreshAsync(CancellationToken cancellationToken) => _readings.AskAsync(true, cancellationToken);

    /// <summary>Asks for a reading without waiting for it.</summary>
    public void Request() => _ = RefreshAsync(_stopping.Token).ContinueWith(
        static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<TableReading> ReadAsync()
    {
        if (Age is { } age && age < _options.ReadSpacing)
        {
            await Task.Delay(_options.ReadSpacing - age, _time, _stopping.Token).ConfigureAwait(false);
        }

        var number = Interlocked.Increment(ref _begun);
        var begunAt = _time.GetTimestamp();
        try
        {
            var table = await _table.ReadAsync(_stopping.Token).ConfigureAwait(false);
            var reading = new TableReading(table, number, begunAt, _time.GetTimestamp());
            Volatile.Write(ref _current, reading);
            Read?.Invoke(reading);
            if (_failing)
            {
                _failing = false;
                OwnershipLog.Reading(_logger);
            }

            return reading;
        }
        catch (OsmoException failure) when (!_failing)
        {
            _failing = true;
            OwnershipLog.ReadingFailed(_logger, failure.Message);
            throw;
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await _table.ListenAsync(
                    () =>
                    {
                        failures = 0;
                        Request();
                    },
                    stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                var pause = Backoff.Pause(ListenPauseMin, ListenPauseMax, ++failures);
                OwnershipLog.ListeningFailed(_logger, (long)pause.TotalMilliseconds, failure.Message);
                await Task.Delay(pause, _time, stopping).ConfigureAwait(false);
            }
        }
    }

    private async Task PollAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (Age is not { } age || age >= _options.Poll)
            {
                await ((Task)RefreshAsync(stopping)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            var pause = Age is { } now && now < _options.Poll ? _options.Poll - now : _options.Renewal;
            await Task.Delay(pause, _time, stopping).ConfigureAwait(false);
        }
    }
}
