-- New: what mappings made of lines, so that another mapping replaces it; the machine that a request was merged from;
-- whether its model was assumed, as it was for every request of a bare trace.
-- tables: aa25093c1592878d

alter table requests add column model_assumed boolean default false;

update requests set model_assumed = true where source_format in ('mooncake', 'azure-trace');
