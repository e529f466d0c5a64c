using Microsoft.Extensions.Hosting;
using Osmo.Grains.Errors;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>
/// Ends this silo when it must not go on: the others took it for dead, its id was given to another process, or Orleans met an error that it
/// cannot go on from. Orleans by itself would end the process on the spot; it ends in good order instead, with a message that says why.
/// What it still does until then the store refuses, where it is not its own any more.
/// </summary>
internal sealed class SiloEnd(IHostApplicationLifetime application) : IFatalErrorHandler
{
    private readonly TaskCompletionSource<OsmoException> _error = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the silo has to end, with the error to exit with.</summary>
    public Task<OsmoException> Error => _error.Task;

    public void Stop(OsmoException why)
    {
        _error.TrySetResult(why);
        application.StopApplication();
    }

    public bool IsUnexpected(Exception exception) =>
        exception is not (OperationCanceledException or ThreadAbortException) && !application.ApplicationStopping.IsCancellationRequested;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) => Stop(new OsmoException(
        ErrorCode.Unavailable,
        $"Orleans cannot go on in this process: {context ?? exception?.Message ?? "it does not say why"} Start it again; where that "
        + "happens often, the process is starved of processor time or network, or --lease-seconds is too short for it."));
}
