using System.Text.Json;

namespace Osmo.Domain.Backends;

/// <summary>Reads <c>scheduler_settings</c>; a field that is missing takes its default, as in OSMO.</summary>
internal static class SchedulerSettingsReader
{
    private const string Path = "scheduler_settings";
    private const int NameCharsMax = 253;

    public static SchedulerSettings Read(JsonFields fields, JsonElement value)
    {
        var settings = SchedulerSettings.Default;
        if (!fields.IsObject(value, Path))
        {
            return settings;
        }

        foreach (var field in value.EnumerateObject())
        {
            var path = $"{Path}.{field.Name}";
            settings = field.Name switch
            {
                "scheduler_type" => settings with { SchedulerType = ReadType(fields, field.Value, path) },
                "scheduler_name" => settings with { SchedulerName = ReadName(fields, field.Value, path) },
                "coscheduling" => settings with { Coscheduling = fields.Flag(field.Value, path, false) },
                "scheduler_timeout" => settings with
                {
                    SchedulerTimeout = fields.WholeNumber(field.Value, path, settings.SchedulerTimeout, least: 0),
                },
                _ => Unknown(fields, path, settings),
            };
        }

        var isKnown = SchedulerSettings.Types.Contains(settings.SchedulerType);
        if (isKnown && settings.Coscheduling && !SchedulerSettings.CoschedulingTypes.Contains(settings.SchedulerType))
        {
            fields.Fail(
                $"{Path}.coscheduling",
                $"is true, but the scheduler type \"{settings.SchedulerType}\" cannot schedule a group of pods together. Use one of "
                + $"{string.Join(", ", SchedulerSettings.CoschedulingTypes)}, or set coscheduling to false.");
        }

        return settings;
    }

    private static string ReadType(JsonFields fields, JsonElement value, string path)
    {
        var type = fields.Text(value, path, SchedulerSettings.DefaultScheduler, NameCharsMax);
        if (!SchedulerSettings.Types.Contains(type))
        {
            fields.Fail(path, $"is \"{type}\", which is no known scheduler. Use one of {string.Join(", ", SchedulerSettings.Types)}.");
        }

        return type;
    }

    private static string ReadName(JsonFields fields, JsonElement value, string path)
    {
        var name = fields.Text(value, path, SchedulerSettings.DefaultScheduler, NameCharsMax);
        if (name.Length == 0)
        {
            fields.Fail(path, "is empty; give the value of spec.schedulerName, such as \"kai-scheduler\".");
        }

        return name;
    }

    private static SchedulerSettings Unknown(JsonFields fields, string path, SchedulerSettings settings)
    {
        fields.Unknown(path, "scheduler_type, scheduler_name, coscheduling, scheduler_timeout");
        return settings;
    }
}
