using System.Text;
using Microsoft.AspNetCore.Http;
using Osmo.Configs;
using Osmo.Configs.Editing;
using Osmo.Domain.Errors;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Versions;

/// <summary>
/// Tells clients that say which version they are when there is a newer one, and refuses those that are too old, as the SERVICE
/// configuration says under <c>cli_config</c>. Clients that say nothing are not looked at.
/// </summary>
internal sealed class ClientVersionCheck(
    RequestDelegate next, Configurations configurations, GatewayOptions options, TimeProvider time)
{
    private const string ClientHeader = "x-osmo-client-version";
    private const string NewestHeader = "x-osmo-service-version";

    /// <summary>What later clients show of it, in base64.</summary>
    private const string WarningHeader = "x-osmo-warning";

    private const string ClientFiles = "/client";

    /// <summary>How old the rules may be: a request must not wait for the store just for them.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(5);

    private volatile Rules? _rules;

    public async Task InvokeAsync(HttpContext context)
    {
        var header = context.Request.Headers[ClientHeader].ToString();
        if (header.Length == 0 || context.Request.Path.StartsWithSegments(ClientFiles))
        {
            await next(context);
            return;
        }

        if (!ReleaseVersion.TryParse(header, out var client))
        {
            await ProblemWriter.WriteAsync(
                context, StatusCodes.Status400BadRequest, "Invalid",
                $"The header {ClientHeader} must be a version such as 1.0.0. Leave it out where the client has none.");
            return;
        }

        var rules = await RulesAsync(context.RequestAborted);
        if (client.CompareTo(rules.Newest) < 0)
        {
            if (rules.Oldest is { } oldest && client.CompareTo(oldest) < 0)
            {
                await ProblemWriter.WriteAsync(
                    context, StatusCodes.Status400BadRequest, "ClientTooOld",
                    $"Your client is out of date. Client version is {client}, the oldest that is served is {oldest}, "
                    + $"the newest is {rules.Newest}. Install a newer one.");
                return;
            }

            context.Response.Headers[NewestHeader] = rules.Newest.ToString();
            context.Response.Headers[WarningHeader] = Convert.ToBase64String(Encoding.UTF8.GetBytes(
                $"WARNING: New client version {rules.Newest} is available. Current client version is {client}."));
        }

        await next(context);
    }

    private async ValueTask<Rules> RulesAsync(CancellationToken cancellationToken)
    {
        if (_rules is { } known && time.GetElapsedTime(known.ReadAt) < AgeMax)
        {
            return known;
        }

        var readAt = time.GetTimestamp();
        try
        {
            var client = (await configurations.ReadAsync(ConfigType.Service, cancellationToken)).Entries["cli_config"];
            var own = ReleaseVersion.TryParse(options.Version, out var version) ? version : default;
            return _rules = new Rules(
                readAt,
                ReleaseVersion.TryParse((string?)client?["latest_version"], out var newest)
                    || ReleaseVersion.TryParse((string?)client?["cli_name"], out newest) ? newest : own,
                ReleaseVersion.TryParse((string?)client?["min_supported_version"], out var oldest) ? oldest : null);
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable)
        {
            // Whoever can be answered without the store is not to be kept from it by this.
            return _rules ?? new Rules(readAt, default, null);
        }
    }

    /// <summary>What versions are told and refused.</summary>
    private sealed record Rules(long ReadAt, ReleaseVersion Newest, ReleaseVersion? Oldest);
}
