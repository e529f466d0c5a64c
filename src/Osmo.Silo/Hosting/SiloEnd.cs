using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Osmo.Silo.Hosting;

/// <summary>
/// Ends the process if Orleans cannot go on in it, above all because the others took it for dead. Orleans by itself would end it on the
/// spot after two seconds; here it stops in good order and soon, and its supervisor starts it again. What it still writes until then the
/// store refuses.
/// </summary>
public sealed class SiloEnd : IFatalErrorHandler
{
    /// <summary>Behind what it says Orleans writes the whole table of members.</summary>
    private const string Details = " Membership: [";

    private const int CharsMax = 400;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private readonly IHostApplicationLifetime _application;
    private readonly IOptions<HostOptions> _host;
    private readonly ILogger<SiloEnd> _logger;
    private string? _reason;

    /// <param name="application">What is stopped.</param>
    /// <param name="host">How long stopping may take.</param>
    /// <param name="logger">The log.</param>
    public SiloEnd(IHostApplicationLifetime application, IOptions<HostOptions> host, ILogger<SiloEnd> logger) =>
        (_application, _host, _logger) = (application, host, logger);

    /// <summary>Why the process has to end; null if it has not to.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Whether the process has to end.</summary>
    public bool HasCome => Reason is not null;

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) =>
        exception is not (OperationCanceledException or ThreadAbortException) && !_application.ApplicationStopping.IsCancellationRequested;

    /// <inheritdoc/>
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        var reason = Shorten(context ?? exception?.Message ?? "it does not say why");
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            SiloLog.Ended(_logger, reason);
            _host.Value.ShutdownTimeout = StopLimit;
            _application.StopApplication();
        }
    }

    private static string Shorten(string reason)
    {
        var text = reason.Split(Details, 2)[0];
        return text.Length <= CharsMax ? text : text[..CharsMax] + " ...";
    }
}
