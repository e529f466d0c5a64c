using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Grains.Silos;
using Osmo.Server.Hosting;

namespace Osmo.Server.Status;

/// <summary>A page for people: this process, and every member of its cluster.</summary>
internal static class StatusPage
{
    private const int RefreshSeconds = 2;

    public static void MapStatusPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", ShowAsync).AsPage().WithTags("Cluster").WithSummary("Status of this process and of the cluster (HTML)");
    }

    private static async Task ShowAsync(
        HttpContext context, ServerDescription server, ISiloDirectory directory, IEnumerable<IReadiness> parts, TimeProvider time)
    {
        var problem = await HealthRoutes.FindProblemAsync(parts, time, context.RequestAborted);
        IReadOnlyList<SiloSummary> silos = [];
        string? unknown = null;
        try
        {
            silos = await directory.ListAsync(context.RequestAborted);
        }
        catch (OsmoException failure)
        {
            unknown = failure.Message;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        await context.Response.WriteAsync(Page(server, problem, silos, unknown, time.GetUtcNow()), context.RequestAborted);
    }

    private static string Page(
        ServerDescription server, string? problem, IReadOnlyList<SiloSummary> silos, string? unknown, DateTimeOffset now)
    {
        var rows = new StringBuilder();
        foreach (var silo in silos)
        {
            rows.Append(Row(silo, server, now));
        }

        var state = problem is null ? "<b class=good>ready</b>" : $"<b class=bad>not ready</b>: {Text(problem)}";
        var table = unknown is null
            ? $"""
              <table>
              <tr><th>Silo<th>Runs<th>Version<th>State<th class=n>Backends<th class=n>Nodes<th class=n>Up<th>Address
              {rows}</table>
              """
            : $"<p class=bad>{Text(unknown)}</p>";
        return $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="{{RefreshSeconds}}">
            <title>Osmo: {{Text(server.Id)}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; color: #1c2430; background: #fff; max-width: 75em }
            table { border-collapse: collapse }
            th, td { text-align: left; padding: .25em 1em .25em 0; border-bottom: 1px solid #dde2ea }
            .n { text-align: right; font-variant-numeric: tabular-nums }
            .good { color: #14703c } .bad { color: #b3261e } .me { font-weight: 600 }
            @media (prefers-color-scheme: dark) {
              body { color: #e4e8ee; background: #14181f } th, td { border-color: #323a47 }
              .good { color: #5bd08b } .bad { color: #ff8a80 }
            }
            </style></head><body>
            <h1>Osmo</h1>
            <p>This process: <span class=me>{{Text(server.Id)}}</span> ({{Text(server.RolesText)}}),
            version {{Text(server.Version)}}: {{state}}</p>
            <h2>Silos</h2>
            {{table}}
            <p>{{now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}} UTC,
            read again every {{RefreshSeconds}} seconds.</p>
            </body></html>
            """;
    }

    private static string Row(SiloSummary silo, ServerDescription server, DateTimeOffset now)
    {
        var (style, state) = silo switch
        {
            { Load.Draining: true } => ("", "draining"),
            { Status: not "Active" } => ("", silo.Status),
            { Load: null } => ("bad", "does not answer"),
            { Load.StoreAnswers: false } => ("bad", "does not reach its store"),
            _ => ("good", "serving"),
        };
        var me = silo.Name == server.Id ? " class=me" : "";
        var (backends, nodes) = silo is { HostsGrains: true, Load: { } load } ? ($"{load.Backends}", $"{load.Nodes:#,0}") : ("", "");
        return $"""
            <tr{me}><td>{Text(silo.Name)}<td>{(silo.HostsGrains ? "backends" : "gateway")}<td>{Text(silo.Load?.Version ?? "")}
            <td class="{style}">{Text(state)}<td class=n>{backends}<td class=n>{nodes}<td class=n>{Age(now - silo.StartedAt)}
            <td>{Text(silo.Address)}

            """;
    }

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 1 } => $"{(int)age.TotalDays}d{age.Hours}h",
        { TotalHours: >= 1 } => $"{age.Hours}h{age.Minutes}m",
        { TotalMinutes: >= 1 } => $"{age.Minutes}m{age.Seconds}s",
        _ => $"{Math.Max(0, age.Seconds)}s",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
