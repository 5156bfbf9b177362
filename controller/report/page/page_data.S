/* The page of reports, byte for byte. The assembler reads it in no time, where a compiler
   takes seconds and hundreds of megabytes for an array of this size. */
        .section .rodata
        .global edgebench_report_page_begin
        .hidden edgebench_report_page_begin
edgebench_report_page_begin:
        .incbin EDGEBENCH_REPORT_PAGE
        .global edgebench_report_page_end
        .hidden edgebench_report_page_end
edgebench_report_page_end:
        .byte 0

        .section .note.GNU-stack, "", %progbits
