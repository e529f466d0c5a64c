using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Configs;
using Osmo.Configs.Editing;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Calls;

namespace Osmo.Gateway.Configs;

/// <summary>The tests that a backend names have to be there; those that it names already are let be.</summary>
/// <param name="configurations">The configurations of the other types.</param>
/// <param name="calls">The backends.</param>
internal sealed class BackendTests(Configurations configurations, BackendCalls calls)
{
    private const string Field = "tests";

    /// <summary>Checks the fields of a backend that a change sets; of what is no list of names others complain.</summary>
    /// <exception cref="OsmoException">A test is not there.</exception>
    public async Task CheckAsync(JsonElement fields, BackendName backend, CancellationToken cancellationToken)
    {
        if (fields.ValueKind != JsonValueKind.Object
            || !fields.TryGetProperty(Field, out var list)
            || list.ValueKind != JsonValueKind.Array
            || list.GetArrayLength() == 0)
        {
            return;
        }

        var tests = await configurations.ReadAsync(ConfigType.BackendTest, cancellationToken);
        string[] known = [.. tests.Entries.Select(entry => entry.Key)];
        string[] unknown =
        [
            .. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).Except(known),
        ];
        if (unknown.Length == 0)
        {
            return;
        }

        var named = (await calls.GetAsync(backend, cancellationToken)).Record.Config.Tests.Items;
        var errors = unknown.Except(named).Select(name => new FieldError(Field, Complaint(name, known))).ToImmutableArray();
        if (errors.Length > 0)
        {
            throw OsmoException.InvalidFields(errors);
        }
    }

    private static string Complaint(string name, string[] known) =>
        $"names \"{name}\", and there is no such {ConfigType.BackendTest.Name()}. "
        + (Spelling.Nearest(name, known) is { } nearest ? $"Did you mean {nearest}?" : "Make that first.");
}
